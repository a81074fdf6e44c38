use crate::azure::guid::RoleId;
use crate::azure::invalid::Invalid;

/// A role that every tenant has, under the same id (`builtin-roles.json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInRole {
    /// Its name.
    pub name: &'static str,
    id: &'static str,
}

impl BuiltInRole {
    /// Everything may be read.
    pub const READER: Self = Self {
        name: "Reader",
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    };
    /// Images and their versions may be read: enough to deploy from them.
    pub const GALLERY_IMAGE_READER: Self = Self {
        name: "Compute Gallery Image Reader",
        id: "cf7c76d2-98a3-4358-a134-615aa78bf44d",
    };
    /// Galleries, images and versions may be made and changed, not shared.
    pub const GALLERY_ARTIFACTS_PUBLISHER: Self = Self {
        name: "Compute Gallery Artifacts Publisher",
        id: "85a2d0d9-2eba-4c9c-b355-11c2cc0788ab",
    };
    /// Galleries may be shared, nothing else.
    pub const GALLERY_SHARING_ADMIN: Self = Self {
        name: "Compute Gallery Sharing Admin",
        id: "1ef6a3be-d0ac-425d-8c01-acb62866290b",
    };
    /// Virtual machines and their interfaces may be made and changed.
    pub const VIRTUAL_MACHINE_CONTRIBUTOR: Self = Self {
        name: "Virtual Machine Contributor",
        id: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    };
    /// Networks may be made, changed and used.
    pub const NETWORK_CONTRIBUTOR: Self = Self {
        name: "Network Contributor",
        id: "4d97b98b-1d4f-4787-a291-c67834d212e7",
    };
    /// Everything may be made and changed, but for roles and the sharing of galleries.
    pub const CONTRIBUTOR: Self = Self {
        name: "Contributor",
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    };
    /// Everything.
    pub const OWNER: Self = Self {
        name: "Owner",
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    };

    /// Roles may be assigned, to oneself too.
    pub const USER_ACCESS_ADMINISTRATOR: Self = Self {
        name: "User Access Administrator",
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    };
    /// Roles may be assigned, nothing else.
    pub const ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR: Self = Self {
        name: "Role Based Access Control Administrator",
        id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    };

    /// Those that are known here by name.
    pub const ALL: [Self; 10] = [
        Self::READER,
        Self::GALLERY_IMAGE_READER,
        Self::GALLERY_ARTIFACTS_PUBLISHER,
        Self::GALLERY_SHARING_ADMIN,
        Self::VIRTUAL_MACHINE_CONTRIBUTOR,
        Self::NETWORK_CONTRIBUTOR,
        Self::CONTRIBUTOR,
        Self::OWNER,
        Self::USER_ACCESS_ADMINISTRATOR,
        Self::ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR,
    ];

    /// Its id.
    #[must_use]
    pub fn id(&self) -> RoleId {
        RoleId::built_in(self.id)
    }

    /// The built-in role of an id, if it is one of these.
    #[must_use]
    pub fn of(id: &RoleId) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id == id.as_str())
    }

    /// The role that an operator means by a name or by an id, which may be any other role's.
    ///
    /// # Errors
    /// When the text is neither a name known here nor a GUID.
    pub fn meant_by(text: &str) -> Result<RoleId, Invalid> {
        let text = text.trim();
        let named = Self::ALL
            .into_iter()
            .find(|role| role.name.eq_ignore_ascii_case(text));
        match named {
            Some(role) => Ok(role.id()),
            None => text.parse().map_err(|_| {
                Invalid::new(
                    "a role",
                    text,
                    "the name of a role such as Compute Gallery Image Reader is wanted, or a role's GUID",
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_form_that_ids_have() {
        for role in BuiltInRole::ALL {
            assert_eq!(role.id.parse::<RoleId>(), Ok(role.id()), "{}", role.name);
            assert_eq!(BuiltInRole::of(&role.id()), Some(role));
            assert_eq!(BuiltInRole::meant_by(role.name), Ok(role.id()));
        }
    }

    #[test]
    fn a_role_is_named_whatever_its_case_or_given_by_id() {
        let sharing = BuiltInRole::GALLERY_SHARING_ADMIN;
        assert_eq!(
            BuiltInRole::meant_by(" compute gallery sharing ADMIN "),
            Ok(sharing.id())
        );
        let custom = "00000000-0000-0000-0000-00000000000a";
        let id = BuiltInRole::meant_by(custom).unwrap();
        assert_eq!(id.as_str(), custom);
        assert_eq!(BuiltInRole::of(&id), None);
        let refusal = BuiltInRole::meant_by("Boss").unwrap_err().to_string();
        assert!(refusal.contains("\"Boss\" is not a role"), "{refusal}");
    }
}
