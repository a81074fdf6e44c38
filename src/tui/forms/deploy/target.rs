use crate::actions::deploy::{MAX_MACHINES, NamePattern, Target};
use crate::azure::{ResourceId, TenantId};
use crate::config::Deploy;

/// A column of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// How many machines.
    Count,
    /// Their size.
    Size,
    /// Their resource group.
    ResourceGroup,
    /// The subnet of their interfaces.
    Subnet,
    /// Their names.
    Name,
}

impl Column {
    /// All columns, from left to right.
    pub const ALL: [Self; 5] = [
        Self::Count,
        Self::Size,
        Self::ResourceGroup,
        Self::Subnet,
        Self::Name,
    ];

    /// What it holds.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "machines",
            Self::Size => "size",
            Self::ResourceGroup => "resource group",
            Self::Subnet => "subnet",
            Self::Name => "name",
        }
    }

    /// The column so many to the right, as far as there is one.
    #[must_use]
    pub fn beside(self, right: bool) -> Self {
        let at = self as usize;
        let next = if right { at + 1 } else { at.saturating_sub(1) };
        Self::ALL[next.min(Self::ALL.len() - 1)]
    }
}

/// Machines for one customer.
#[derive(Debug, Clone)]
pub struct TargetRow {
    /// The customer.
    pub tenant: TenantId,
    /// What it is called.
    pub name: String,
    /// How many machines, as typed.
    pub count: String,
    /// What was typed here.
    pub own: Deploy,
    /// What the configuration says.
    pub usual: Deploy,
}

impl TargetRow {
    /// A customer that gets nothing as yet.
    #[must_use]
    pub fn new(tenant: TenantId, name: &str, usual: Deploy) -> Self {
        Self {
            tenant,
            name: name.to_owned(),
            count: String::new(),
            own: Deploy::default(),
            usual,
        }
    }

    /// The machines typed, 0 where nothing is; or what is wrong with them.
    ///
    /// # Errors
    /// What would be right.
    pub fn count(&self) -> Result<u32, String> {
        if self.count.is_empty() {
            return Ok(0);
        }
        match self.count.parse() {
            Ok(count @ 0..=MAX_MACHINES) => Ok(count),
            _ => Err(format!("{}: 1 to {MAX_MACHINES} machines", self.name)),
        }
    }

    /// What was typed in a column.
    #[must_use]
    pub fn typed(&self, column: Column) -> Option<String> {
        match column {
            Column::Count => Some(self.count.clone()).filter(|count| !count.is_empty()),
            other => of(&self.own, other),
        }
    }

    /// What holds in a column: what was typed, or what the configuration says.
    #[must_use]
    pub fn text(&self, column: Column) -> Option<String> {
        self.typed(column).or_else(|| of(&self.usual, column))
    }

    /// What the configuration says in a column.
    #[must_use]
    pub fn usual(&self, column: Column) -> Option<String> {
        of(&self.usual, column)
    }

    /// Whether a column has nothing that the machines need.
    #[must_use]
    pub fn lacks(&self, column: Column) -> bool {
        self.text(column).is_none() && self.count().is_ok_and(|count| count > 0)
    }

    /// Takes what was typed in a column; nothing typed is what the configuration says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, column: Column, typed: &str) -> Result<(), String> {
        let text = Some(typed.to_owned()).filter(|text| !text.is_empty());
        match column {
            Column::Count => typed.clone_into(&mut self.count),
            Column::Size => self.own.size = text.map(|size| whole_size(&size)),
            Column::ResourceGroup => self.own.resource_group = text,
            Column::Subnet => self.own.subnet = text.map(|id| subnet(&id)).transpose()?,
            Column::Name => {
                let pattern = text.map(|text| text.parse::<NamePattern>()).transpose()?;
                self.own.name = pattern.map(|pattern| pattern.to_string());
            }
        }
        Ok(())
    }

    /// What is asked for; nothing where no machine is.
    ///
    /// # Errors
    /// What is wrong with the number.
    pub fn wish(&self) -> Result<Option<Target>, String> {
        let count = self.count()?;
        let own = self.own.clone();
        Ok((count > 0).then(|| Target {
            // A subnet of another subscription takes the machines there.
            subscription: own.subnet.as_ref().map(ResourceId::subscription),
            resource_group: own.resource_group,
            subnet: own.subnet,
            size: own.size,
            name: own.name,
            ..Target::new(self.tenant.clone(), count)
        }))
    }
}

fn of(deploy: &Deploy, column: Column) -> Option<String> {
    match column {
        Column::Count => None,
        Column::Size => deploy.size.clone(),
        Column::ResourceGroup => deploy.resource_group.clone(),
        Column::Subnet => deploy.subnet.as_ref().map(ToString::to_string),
        Column::Name => deploy.name.clone(),
    }
}

/// The prefix that sizes have and nobody says.
const STANDARD: &str = "Standard_";

/// A size as Azure calls it, `Standard_D4s_v5` for `D4s_v5`.
fn whole_size(typed: &str) -> String {
    let named = ["standard_", "basic_"]
        .iter()
        .any(|prefix| typed.to_ascii_lowercase().starts_with(prefix));
    if named {
        typed.to_owned()
    } else {
        format!("{STANDARD}{typed}")
    }
}

/// A size as it is said.
#[must_use]
pub(super) fn short_size(size: &str) -> &str {
    size.strip_prefix(STANDARD).unwrap_or(size)
}

/// The kind of a subnet.
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";

fn subnet(typed: &str) -> Result<ResourceId, String> {
    let id: Option<ResourceId> = typed.parse().ok();
    id.filter(|id| id.kind().eq_ignore_ascii_case(SUBNET))
        .ok_or_else(|| "the whole id is wanted: /subscriptions/…/subnets/…".to_owned())
}

/// A subnet by its names, `vnet-avd / hosts`.
#[must_use]
pub(super) fn short_subnet(id: &str) -> String {
    let Ok(id) = id.parse::<ResourceId>() else {
        return id.to_owned();
    };
    let network = id.parent();
    let network = network.as_ref().map_or("", |network| network.name());
    format!("{network} / {}", id.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> TargetRow {
        let tenant = "00000001-0000-4000-8000-000000000000".parse().unwrap();
        let usual = Deploy {
            size: Some("Standard_D4s_v5".to_owned()),
            ..Deploy::default()
        };
        TargetRow::new(tenant, "Adatum", usual)
    }

    #[test]
    fn what_is_typed_goes_before_what_the_configuration_says() {
        let mut row = row();
        assert_eq!(row.wish(), Ok(None));
        row.set(Column::Count, "20").unwrap();
        assert_eq!(
            row.wish().unwrap().unwrap().size,
            None,
            "the configuration's stays open"
        );
        row.set(Column::Size, "D8s_v5").unwrap();
        assert_eq!(row.text(Column::Size).as_deref(), Some("Standard_D8s_v5"));
        row.set(Column::Size, "").unwrap();
        assert_eq!(row.text(Column::Size).as_deref(), Some("Standard_D4s_v5"));
        assert!(row.lacks(Column::Subnet) && !row.lacks(Column::Size));
        row.set(Column::Count, "1001").unwrap();
        assert!(row.wish().unwrap_err().contains("1 to 1000"));
    }

    #[test]
    fn a_subnet_is_a_whole_id_and_seen_by_its_names() {
        let mut row = row();
        assert!(row.set(Column::Subnet, "hosts").is_err());
        let id = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095/resourceGroups/net/providers/\
                  Microsoft.Network/virtualNetworks/vnet-avd/subnets/hosts";
        row.set(Column::Subnet, id).unwrap();
        row.set(Column::Count, "1").unwrap();
        let target = row.wish().unwrap().unwrap();
        assert_eq!(target.subscription.unwrap().as_str(), &id[15..51]);
        assert_eq!(short_subnet(id), "vnet-avd / hosts");
        assert!(row.set(Column::Name, "vm").is_err());
    }
}
