//! The customers: what was read of their tenants, and what the configuration says of them.

use gallerist::azure::Remedy;
use gallerist::config;
use gallerist::estate::{Route, TenantRow, TenantState, Trouble};

use super::{access, tenant_guid, time};

pub(crate) fn tenants() -> Vec<TenantRow> {
    let of = |number: usize, name: &str, route, state, subscriptions| TenantRow {
        id: tenant_guid(number).parse().unwrap(),
        name: name.to_owned(),
        route,
        state,
        trouble: None,
        reading: false,
        read_at: Some(time("14:01:00")),
        subscriptions,
        machines: 0,
        outdated: 0,
        access: Some(access()),
        account: None,
    };
    let mut tenants = vec![
        of(1, "Northwind MSP", Route::Home, TenantState::Ok, 2),
        of(2, "Adatum", Route::Delegated, TenantState::Ok, 2),
        of(3, "Contoso", Route::Delegated, TenantState::Ok, 3),
        of(4, "Fabrikam", Route::Application, TenantState::Ok, 1),
        of(5, "Litware", Route::Member, TenantState::Failed, 0),
        of(
            6,
            "Tailspin Toys",
            Route::Application,
            TenantState::SignIn,
            0,
        ),
        of(7, "Woodgrove Bank", Route::Delegated, TenantState::Ok, 12),
    ];
    for (tenant, machines, outdated) in [(1, 42, 0), (2, 64, 58), (3, 118, 12), (6, 1230, 7)] {
        (tenants[tenant].machines, tenants[tenant].outdated) = (machines, outdated);
    }
    tenants[5].trouble = Some(Trouble {
        remedy: Some(Remedy::Elsewhere),
        message: "signing in to Tailspin Toys: AADSTS7000229: the client application is missing a \
                  service principal in the tenant"
            .to_owned(),
        advice: Some(
            "have an administrator of Tailspin Toys consent to the application".to_owned(),
        ),
    });
    tenants
}

/// What the configuration says of customers: of Contoso no subnet, of Woodgrove Bank nothing.
pub(crate) fn customers() -> Vec<config::Tenant> {
    let of = |number: usize, name: &str, subnet: Option<&str>| config::Tenant {
        id: tenant_guid(number).parse().unwrap(),
        name: Some(name.to_owned()),
        tags: Vec::new(),
        principal: Some(format!("{number:08}-0000-4000-8000-0000000000aa")),
        deploy: Some(config::Deploy {
            resource_group: Some("avd-weu-rg".to_owned()),
            subnet: subnet.map(|network| subnet_id(number, network).parse().unwrap()),
            size: Some("Standard_D4s_v5".to_owned()),
            name: Some("vm-avd-####".to_owned()),
            ..config::Deploy::default()
        }),
    };
    vec![
        of(2, "Adatum", Some("vnet-avd")),
        of(3, "Contoso", None),
        of(4, "Fabrikam", Some("vnet-fabrikam-westeurope")),
    ]
}

pub(crate) fn subnet_id(number: usize, network: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/\
         {network}/subnets/hosts",
        tenant_guid(number)
    )
}
