use super::{Text, read_at};
use crate::azure::ResourceId;
use crate::tui::machines::{behind, image};
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::times;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn machine(state: &State, id: &ResourceId, theme: &Theme) -> Text {
    let row = state.machine_of(id)?;
    let machine = &row.machine;
    let estate = state.estate.known()?;
    let said = |text: Option<&str>| text.unwrap_or("not said").to_owned();
    let (tone, far) = behind(row.behind, theme);
    let subscription = estate.subscription(&row.subscription);
    let subscription = subscription.map_or(row.subscription.as_str(), |row| &row.subscription.name);
    let mut lines = vec![
        Words::field("tenant", estate.tenant_name(&row.tenant)),
        Words::field("subscription", subscription),
        Words::field("resource group", id.resource_group().unwrap_or_default()),
        Words::field("region", machine.location.display_name()),
        Words::field("size", said(machine.size.as_deref())),
        Words::field("image", image(row)),
        Words::field("behind", "").and(tone, far),
        Words::field("state", machine.provisioning_state.as_str()),
        Words::field(
            "power",
            match &machine.power {
                Some(power) => power.as_str(),
                None => "not read yet",
            },
        ),
        Words::field("system", said(machine.os_type.as_deref())),
        Words::field(
            "security",
            machine
                .security_type
                .as_deref()
                .unwrap_or("standard (not said)"),
        ),
    ];
    let licence = machine.license_type.as_deref();
    lines.extend(licence.map(|licence| Words::field("licence", licence)));
    let created = machine.created.map(|at| times::moment(at, &state.zone));
    lines.extend(created.map(|created| Words::field("created", created)));
    for interface in &machine.network_interfaces {
        lines.push(Words::field("interface", interface.name()));
    }
    for (name, value) in &machine.tags {
        lines.push(Words::field("tag", format!("{name} = {value}")));
    }
    lines.push(Words::field("read", read_at(state, Some(row.read_at))));
    lines.push(Words::field("id", id.as_str()));
    Some((format!("Machine {}", machine.name), lines))
}
