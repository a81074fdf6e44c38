use super::machines::by_version;
use super::{Text, read_at, trouble};
use crate::azure::TenantId;
use crate::tui::data::MachinesOf;
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::text::counted;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn tenant(state: &State, id: &TenantId, theme: &Theme) -> Text {
    let estate = state.estate.known()?;
    let tenant = estate.tenant(id)?;
    let mut lines = vec![
        Words::field("tenant id", tenant.id.as_str()),
        Words::field("reached as", tenant.route.word()),
        Words::field("state", tenant.state.word()),
    ];
    if let Some(access) = &tenant.access {
        lines.push(Words::field("identity", &access.identity));
    }
    if let Some(account) = &tenant.account {
        lines.push(Words::field("account", account));
    }
    lines.push(Words::field("read", read_at(state, tenant.read_at)));
    if tenant.reading {
        lines.push(Words::field("", "being read now"));
    }
    lines.extend(trouble(tenant.trouble.as_ref(), theme));
    lines.push(Words::blank());
    let own = estate
        .subscriptions
        .iter()
        .filter(|row| row.subscription.tenant == *id);
    let own: Vec<_> = own.collect();
    lines.push(Words::new(Tone::Strong, counted(own.len(), "subscription")));
    for row in own {
        let subscription = &row.subscription;
        let machines = match (row.machines, &row.machines_trouble) {
            (0, Some(_)) => String::new(),
            (machines, _) => format!("  {}", super::machines(machines)),
        };
        lines.push(Words::plain(&subscription.name).and(Tone::Dim, machines));
        let as_whom = format!(
            "{}, {} by {}",
            subscription.state, row.route, row.access.identity
        );
        lines.push(Words::new(
            Tone::Dim,
            format!("  {}  {as_whom}", subscription.id),
        ));
        lines.extend(trouble(row.trouble.as_ref(), theme));
        lines.extend(trouble(row.machines_trouble.as_ref(), theme));
    }
    lines.push(Words::blank());
    let of = MachinesOf::Tenant(id.clone());
    lines.extend(by_version(state, &of, tenant.machines, theme));
    let galleries: Vec<&str> = estate
        .galleries
        .iter()
        .filter(|row| row.tenant == *id)
        .map(|row| row.gallery.name.as_str())
        .collect();
    lines.push(Words::blank());
    lines.push(Words::new(
        Tone::Strong,
        format!("{} galleries", galleries.len()),
    ));
    lines.extend(galleries.into_iter().map(Words::plain));
    Some((format!("Tenant {}", tenant.name), lines))
}
