//! Plans: of a replication, and of deployments for three customers.

use gallerist::actions::Plan;
use serde_json::{Value, json};

use super::{definition_id, tenant_guid};

pub(crate) fn plan(confirmation: &Value, verdict: &str) -> Plan {
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    serde_json::from_value(json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "made_at": "2026-11-23T14:05:00Z",
        "action": {"verb": "replicate", "version": version, "set": [], "remove": []},
        "title": "replicate win11-avd 2026.11.3",
        "confirmation": confirmation,
        "jobs": [{
            "title": "replicate win11-avd 2026.11.3",
            "target": "swedencentral 3",
            "lock": version,
            "access": {"identity": "msp", "tenant": tenant_guid(1)},
            "checks": [
                {"verdict": "pass", "text": "the version is there and at rest", "advice": null},
                {"verdict": "warn", "text": "eastus failed before: it is sent again", "advice": null},
                {"verdict": verdict, "text": "9 of 100 replicas in all",
                 "advice": "ask for fewer replicas"},
            ],
            "changes": [
                {"sign": "add", "text": "swedencentral  3 replicas, Standard_LRS"},
                {"sign": "change", "text": "uksouth  2 → 4 replicas"},
                {"sign": "remove", "text": "eastus  1 replica"},
            ],
            "calls": [format!("PUT {version}  update regions")],
            "warnings": ["machines in eastus can't be made from this version any more"],
            "action": {"verb": "replicate", "version": version, "set": [], "remove": []},
            "task": {"verb": "replicate", "version": version, "phases": [], "seen": []},
        }],
    }))
    .unwrap()
}

/// A plan for three customers: one is ready, one is held by a check, at one there is nothing to do.
pub(crate) fn plan_of_three() -> Plan {
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    let job = |number: usize, target: &str, rest: Value| {
        let action = json!({"verb": "deploy", "version": version, "targets": []});
        let mut job = json!({
            "title": "deploy 20 machines  win11-avd 2026.11.3",
            "target": target,
            "tenant": tenant_guid(number),
            "lock": format!("/subscriptions/{}/resourceGroups/avd-weu-rg", tenant_guid(number)),
            "access": {"identity": "msp", "tenant": tenant_guid(1)},
            "warnings": [], "calls": [], "changes": [], "action": action,
            "task": {"verb": "replicate", "version": version, "phases": [], "seen": []},
        });
        for (name, value) in rest.as_object().unwrap() {
            job[name] = value.clone();
        }
        job
    };
    let pass = |text: &str| json!({"verdict": "pass", "text": text, "advice": null});
    let changes = json!([
        {"sign": "add", "text": "20 virtual machines vm-avd-0043 to vm-avd-0062, Standard_D4s_v5"},
        {"sign": "add", "text": "20 network interfaces in vnet-avd / hosts"},
    ]);
    let adatum = json!({
        "checks": [
            pass("the version is readable by msp in Northwind MSP"),
            {"verdict": "warn", "text": "the replica in uksouth is 62 % there: the first wave \
             waits for it", "advice": null},
            pass("generation 2, Trusted Launch and x64 fit the size"),
            pass("80 of 350 cores of the family are in use, 80 more are wanted"),
            pass("20 names are free"),
            pass("171 addresses are left in vnet-avd / hosts"),
        ],
        "changes": changes,
        "calls": ["PUT deployment gallerist-7f3a-1  wave 1, 20 machines"],
        "warnings": ["the machines cost from the moment they are created"],
    });
    let contoso = json!({
        "checks": [
            pass("the version is readable by msp in Northwind MSP"),
            {"verdict": "fail", "text": "80 cores of Standard DSv5 are wanted in westeurope, 36 of \
             100 are left", "advice": "ask for more quota, or type another size: 9 machines fit now"},
        ],
        "changes": changes,
        "calls": ["PUT deployment gallerist-7f3a-1  wave 1, 20 machines"],
    });
    let fabrikam = json!({"checks": [pass("all 20 machines are there already")], "task": null});
    serde_json::from_value(json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8058",
        "made_at": "2026-11-23T14:05:00Z",
        "action": {"verb": "deploy", "version": version, "targets": []},
        "title": "deploy win11-avd 2026.11.3 to 3 tenants",
        "confirmation": "yes",
        "jobs": [
            job(2, "Adatum · uksouth", adatum),
            job(3, "Contoso · westeurope", contoso),
            job(4, "Fabrikam · westeurope", fabrikam),
        ],
    }))
    .unwrap()
}
