//! What an image asks of the machines that are made from it: a security type, a plan, a disk that
//! is large enough.

use axum::http::StatusCode;
use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::resources::text;

/// `securityProfile.securityType` of a body; Standard is the same as none.
pub(in crate::simulator::compute) fn security_type(properties: &Value) -> Option<&str> {
    let given = properties["securityProfile"]["securityType"].as_str();
    given.filter(|given| *given != "Standard")
}

/// Whether a machine of this security type can be made from the definition: its `SecurityType`
/// feature allows one, demands one, or knows none (Microsoft's `trusted-launch.md`).
///
/// # Errors
/// Azure's `BadRequest`. The text for an image that demands a type is Azure's, the other unverified.
pub(super) fn check_security(definition: &Value, wanted: Option<&str>) -> Result<(), Refusal> {
    let (allowed, demanded) = security_types(definition);
    let refuse = |what: String| {
        Err(Refusal::service(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            what,
        ))
    };
    match (wanted, demanded) {
        (wanted, Some(demanded)) if wanted != Some(demanded) => refuse(format!(
            "The provided gallery image only supports creation of VMs and VM Scale Sets with \
             '{demanded}' security type."
        )),
        (Some(wanted), _) if !allowed.contains(&wanted) => refuse(format!(
            "The provided gallery image does not support creation of VMs and VM Scale Sets with \
             '{wanted}' security type."
        )),
        _ => Ok(()),
    }
}

/// The security types that a definition allows, and the one that it demands.
pub(in crate::simulator::compute) fn security_types(
    definition: &Value,
) -> (&'static [&'static str], Option<&'static str>) {
    let features = definition["properties"]["features"].as_array();
    let feature = features
        .into_iter()
        .flatten()
        .find(|feature| text(feature, "/name").eq_ignore_ascii_case("SecurityType"));
    let feature = feature
        .map(|feature| text(feature, "/value"))
        .unwrap_or_default();
    match feature.as_str() {
        "TrustedLaunch" => (&["TrustedLaunch"], Some("TrustedLaunch")),
        "ConfidentialVM" => (&["ConfidentialVM"], Some("ConfidentialVM")),
        "TrustedLaunchSupported" => (&["TrustedLaunch"], None),
        "ConfidentialVmSupported" => (&["ConfidentialVM"], None),
        "TrustedLaunchAndConfidentialVmSupported" => (&["TrustedLaunch", "ConfidentialVM"], None),
        _ => (&[], None),
    }
}

/// A plan has to be given as the image was bought. The texts are Azure's.
pub(super) fn check_plan(
    definition: &Value,
    plan: Option<&Value>,
    machine: &str,
) -> Result<(), Refusal> {
    let bought = &definition["properties"]["purchasePlan"];
    let refuse = |what: String| {
        Err(Refusal::service(
            StatusCode::BAD_REQUEST,
            "VMMarketplaceInvalidInput",
            what,
        ))
    };
    match (bought.is_object(), plan.filter(|plan| plan.is_object())) {
        (false, None) => Ok(()),
        (false, Some(_)) => refuse(format!(
            "Creating a virtual machine from a non Marketplace image does not need Plan \
             information in the request. VM: '{machine}'."
        )),
        (true, None) => refuse(format!(
            "Creating a virtual machine from Marketplace image or a custom image sourced from a \
             Marketplace image requires Plan information in the request. VM: '{machine}'."
        )),
        (true, Some(plan)) => {
            let same = |name: &str| {
                let pair = (bought[name].as_str(), plan[name].as_str());
                matches!(pair, (Some(bought), Some(given)) if bought.eq_ignore_ascii_case(given))
            };
            if ["name", "publisher", "product"].into_iter().all(same) {
                return Ok(());
            }
            refuse(format!(
                "The purchase information does not match. Unable to deploy from the Marketplace \
                 image. VM: '{machine}'."
            ))
        }
    }
}

/// A system disk is not smaller than the image's.
pub(super) fn check_disk_size(given: Option<i64>, image: i64) -> Result<(), Refusal> {
    match given {
        Some(given) if given < image => Err(Refusal::service(
            StatusCode::CONFLICT,
            "OperationNotAllowed",
            format!(
                "The specified disk size {given} GB is smaller than the size of the corresponding \
                 disk in the VM image: {image} GB. This is not allowed. Please choose equal or \
                 greater size or do not specify an explicit size."
            ),
        )
        .target("osDisk.diskSizeGB")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_security_type_is_demanded_allowed_or_unknown() {
        let ok = |feature: &str, wanted: Option<&str>| {
            let features = json!([{ "name": "SecurityType", "value": feature }]);
            let definition = json!({ "properties": { "features": features } });
            check_security(&definition, wanted).is_ok()
        };
        let (trusted, confidential) = (Some("TrustedLaunch"), Some("ConfidentialVM"));
        assert!(ok("TrustedLaunchSupported", trusted) && ok("TrustedLaunchSupported", None));
        assert!(!ok("TrustedLaunchSupported", confidential));
        assert!(ok("TrustedLaunch", trusted) && !ok("TrustedLaunch", None));
        assert!(ok("Standard", None) && !ok("Standard", trusted));
        let both = "TrustedLaunchAndConfidentialVmSupported";
        assert!(ok(both, trusted) && ok(both, confidential) && ok(both, None));
    }

    #[test]
    fn a_plan_is_given_as_it_was_bought() {
        let plan = json!({ "name": "n", "publisher": "p", "product": "o" });
        let bought = json!({ "properties": { "purchasePlan": plan } });
        let free = json!({ "properties": {} });
        assert!(check_plan(&bought, Some(&plan), "m").is_ok());
        assert!(check_plan(&bought, None, "m").is_err());
        assert!(check_plan(&bought, Some(&json!({ "name": "n" })), "m").is_err());
        assert!(check_plan(&free, None, "m").is_ok());
        assert!(check_plan(&free, Some(&plan), "m").is_err());
    }
}
