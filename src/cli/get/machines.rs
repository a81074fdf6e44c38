use super::{Owned, Row, name_of};
use crate::azure::{Error, ImageReference, Session, VirtualMachine};

/// The machines of a subscription.
pub(super) async fn rows(session: &Session, owned: &Owned<'_>) -> Result<Vec<Row>, Error> {
    let machines = session.virtual_machines(&owned.subscription.id).await?;
    let rows = machines.iter().map(|machine| {
        let cells = vec![
            machine.name.clone(),
            name_of(owned.answer),
            machine.location.to_string(),
            machine.size.clone().unwrap_or_default(),
            machine.image.as_ref().map(image).unwrap_or_default(),
            version(machine),
            machine.provisioning_state.to_string(),
        ];
        owned.row(machine.document(), cells)
    });
    Ok(rows.collect())
}

fn image(reference: &ImageReference) -> String {
    match reference {
        ImageReference::Gallery(id) => id.names(),
        ImageReference::Shared(id) | ImageReference::Community(id) => id.clone(),
        ImageReference::Marketplace { offer, sku, .. } => format!("{offer} {sku}"),
        ImageReference::Other => String::new(),
    }
}

fn version(machine: &VirtualMachine) -> String {
    let exact = machine.exact_version.map(|number| number.to_string());
    exact.unwrap_or_default()
}
