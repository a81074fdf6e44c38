use crate::azure::identity::Remedy;

/// What to do about a sign-in that failed: what its code says, else how such a sign-in is mended.
pub(super) fn advice(
    identity: &str,
    tenant: &str,
    code: Option<&str>,
    remedy: &Remedy,
) -> Option<String> {
    let by_code = code.and_then(|code| by_code(identity, tenant, code));
    let mend = match remedy {
        Remedy::DeviceCode => Some(format!("sign in again: gallerist login --tenant {tenant}")),
        Remedy::AzureCli { command } => Some(format!("sign in again: {command}")),
        Remedy::Elsewhere => None,
    };
    match (by_code, mend) {
        (Some(reason), Some(mend)) => Some(format!("{reason}; {mend}")),
        (reason, mend) => reason.or(mend),
    }
}

/// Codes as in the list of AADSTS error codes (entra-docs, reference-error-codes.md).
fn by_code(identity: &str, tenant: &str, code: &str) -> Option<String> {
    let advice = match code.strip_prefix("AADSTS")? {
        "7000215" => format!(
            "the client secret of {identity} is wrong: put the secret's value, not its id, where the configuration points"
        ),
        "7000222" => format!("the client secret of {identity} has expired: make a new one"),
        "700027" => format!(
            "the certificate of {identity} is not one that its application knows: register it there"
        ),
        "7000218" => format!(
            "the application of {identity} does not let people sign in by device code: allow public client flows in its registration"
        ),
        "700016" | "7000229" => format!(
            "the application of {identity} is not known in tenant {tenant}: have an administrator there consent to it"
        ),
        "90002" | "900023" => {
            format!("there is no tenant {tenant} in this cloud: check its id and the cloud")
        }
        "7000112" => format!(
            "the application of {identity} is disabled in tenant {tenant}: have an administrator there enable it"
        ),
        "53000" | "53001" | "53002" => format!(
            "tenant {tenant} lets in managed devices only, which a sign-in by code is not: use credential = \"azure_cli\", or ask its administrator"
        ),
        "53003" => format!(
            "a conditional access policy of tenant {tenant} forbids it, perhaps because it blocks device codes: use another credential, or ask its administrator to let {identity} in"
        ),
        "50020" => format!("whoever has signed in as {identity} has no account in tenant {tenant}"),
        "50105" => format!(
            "tenant {tenant} lets in assigned people only: have its administrator assign whoever signs in as {identity}"
        ),
        "50076" | "50079" => {
            format!("tenant {tenant} wants multi-factor authentication of its own")
        }
        "65001" => format!(
            "consent to the application of {identity} is missing in tenant {tenant}: have an administrator there give it"
        ),
        "500011" => format!("the audience of the cloud is not known in tenant {tenant}"),
        _ => return None,
    };
    Some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "11111111-1111-1111-1111-111111111111";

    #[test]
    fn codes_say_what_to_mend() {
        for (code, word) in [
            ("AADSTS7000215", "secret of msp is wrong"),
            ("AADSTS7000222", "expired"),
            ("AADSTS700016", "consent"),
            ("AADSTS90002", "no tenant"),
            ("AADSTS53003", "conditional access"),
            ("AADSTS65001", "consent"),
        ] {
            let advice = advice("msp", TENANT, Some(code), &Remedy::Elsewhere).unwrap();
            assert!(advice.contains(word), "{code}: {advice}");
        }
        for code in [Some("AADSTS1"), Some("odd"), None] {
            assert_eq!(advice("msp", TENANT, code, &Remedy::Elsewhere), None);
        }
    }

    #[test]
    fn a_person_is_told_how_to_sign_in() {
        let mfa = advice("msp", TENANT, Some("AADSTS50076"), &Remedy::DeviceCode).unwrap();
        assert!(mfa.contains("multi-factor"), "{mfa}");
        assert!(
            mfa.ends_with(&format!("gallerist login --tenant {TENANT}")),
            "{mfa}"
        );
        let command = format!("az login --tenant {TENANT}");
        let advice = advice("msp", TENANT, None, &Remedy::AzureCli { command });
        assert_eq!(
            advice.unwrap(),
            format!("sign in again: az login --tenant {TENANT}")
        );
    }
}
