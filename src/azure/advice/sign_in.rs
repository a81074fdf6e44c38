/// Codes as in the list of AADSTS error codes (entra-docs, reference-error-codes.md).
pub(super) fn advice(identity: &str, tenant: &str, code: &str) -> Option<String> {
    let advice = match code.strip_prefix("AADSTS")? {
        "7000215" => format!(
            "the client secret of {identity} is wrong: put the secret's value, not its id, where the configuration points"
        ),
        "7000222" => format!("the client secret of {identity} has expired: make a new one"),
        "700016" | "7000229" => format!(
            "the application of {identity} is not known in tenant {tenant}: have an administrator there consent to it"
        ),
        "90002" | "900023" => {
            format!("there is no tenant {tenant} in this cloud: check its id and the cloud")
        }
        "7000112" => format!(
            "the application of {identity} is disabled in tenant {tenant}: have an administrator there enable it"
        ),
        "53003" => format!(
            "a conditional access policy of tenant {tenant} forbids it: ask its administrator to let {identity} in"
        ),
        "50076" | "50079" => {
            format!("tenant {tenant} wants multi-factor authentication: sign in to it again")
        }
        "65001" => {
            format!("consent to the application of {identity} is missing in tenant {tenant}")
        }
        "500011" => format!("the audience of the cloud is not known in tenant {tenant}"),
        _ => return None,
    };
    Some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_mend() {
        for (code, word) in [
            ("AADSTS7000215", "secret of msp is wrong"),
            ("AADSTS7000222", "expired"),
            ("AADSTS700016", "consent"),
            ("AADSTS90002", "no tenant"),
            ("AADSTS53003", "conditional access"),
            ("AADSTS50076", "multi-factor"),
        ] {
            let advice = advice("msp", "11111111-1111-1111-1111-111111111111", code).unwrap();
            assert!(advice.contains(word), "{code}: {advice}");
        }
        assert_eq!(advice("msp", "t", "AADSTS1"), None);
        assert_eq!(advice("msp", "t", "odd"), None);
    }
}
