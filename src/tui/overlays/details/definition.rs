use super::{Text, trouble};
use crate::azure::ResourceId;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::times;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn definition(state: &State, id: &ResourceId, theme: &Theme) -> Text {
    let estate = state.estate.known()?;
    let row = estate.definition(id)?;
    let definition = &row.definition;
    let tenant = estate.owner(id).map(|tenant| tenant.name.as_str());
    let gallery = definition.id.parent();
    let identifier = [&definition.publisher, &definition.offer, &definition.sku];
    let identifier: Vec<&str> = identifier
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut lines = vec![
        Words::field("tenant", tenant.unwrap_or("unknown")),
        Words::field(
            "gallery",
            gallery.as_ref().map_or("", |gallery| gallery.name()),
        ),
        Words::field(
            "system",
            format!("{}, {}", definition.os_type, definition.os_state),
        ),
        Words::field(
            "generation",
            definition.generation.as_deref().unwrap_or("V1 (not said)"),
        ),
        Words::field(
            "architecture",
            definition
                .architecture
                .as_deref()
                .unwrap_or("x64 (not said)"),
        ),
        Words::field(
            "security",
            definition
                .security_type
                .as_deref()
                .unwrap_or("standard (not said)"),
        ),
        Words::field("identifier", identifier.join(" / ")),
        Words::field("region", definition.location.display_name()),
        Words::field("state", definition.provisioning_state.as_str()),
        Words::field(
            "versions",
            row.versions
                .map_or("never read".to_owned(), |n| n.to_string()),
        ),
    ];
    let end = definition
        .end_of_life
        .map(|end| times::date(end, &state.zone));
    lines.extend(end.map(|end| Words::field("end of life", end)));
    lines.extend(
        definition
            .description
            .as_deref()
            .map(|text| Words::field("description", text)),
    );
    lines.push(Words::field("id", definition.id.as_str()));
    lines.extend(trouble(row.trouble.as_ref(), theme));
    Some((format!("Image {}", definition.name), lines))
}
