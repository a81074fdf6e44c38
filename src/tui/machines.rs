//! Machines in words: what each was made from, and how far that is behind.

use crate::azure::ImageReference;
use crate::estate::{Behind, MachineRow};
use crate::tui::theme::{Theme, Tone};

/// How far behind in words, with how that looks.
#[must_use]
pub fn behind(behind: Behind, theme: &Theme) -> (Tone, String) {
    match behind {
        Behind::Unknown => (Tone::Dim, "? not known".to_owned()),
        Behind::Current => (Tone::Good, format!("{} newest", theme.glyphs.done)),
        Behind::Versions(count) => {
            let text = format!("{} {count} behind", theme.glyphs.warning);
            (Tone::Warn, text)
        }
    }
}

/// What a machine was made from: image and version of ours, or where else it is from.
#[must_use]
pub fn image(row: &MachineRow) -> String {
    let version = row.version.as_ref().map(ToString::to_string);
    let version = version.unwrap_or_default();
    match (&row.image, &row.machine.image) {
        (Some(image), _) => format!("{} {version}", image.name()),
        (None, Some(ImageReference::Gallery(id))) => format!("{} of another gallery", id.name()),
        (None, Some(ImageReference::Shared(_))) => "an image shared by others".to_owned(),
        (None, Some(ImageReference::Community(_))) => "a community image".to_owned(),
        (None, Some(ImageReference::Marketplace { offer, sku, .. })) => {
            format!("marketplace {offer} {sku}")
        }
        (None, Some(ImageReference::Other)) => "a managed image".to_owned(),
        (None, None) => "a disk".to_owned(),
    }
}
