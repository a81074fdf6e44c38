//! Capacity that Azure does not have, as a fault or in the estate file.

use serde::{Deserialize, Serialize};

use super::regions;

/// Machines that cannot be placed; what is absent matches all.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shortage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    /// `Standard_D4s_v5`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<String>,
    /// `SkuNotAvailable` is told at once; `AllocationFailed`, which is meant unless another is
    /// given, and all others only while the machine is being created
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

impl Shortage {
    /// One of everything that is told before anything is created.
    pub(super) fn known_beforehand() -> Self {
        Self {
            code: Some("SkuNotAvailable".to_owned()),
            ..Self::default()
        }
    }

    /// Whether it is told before anything is created.
    pub(super) fn is_known_beforehand(&self) -> bool {
        self.code.as_deref() == Some("SkuNotAvailable")
    }

    pub(super) fn strikes(&self, region: &str, size: &str) -> bool {
        let here = self.region.as_ref();
        let here = here.is_none_or(|here| regions::normal(here) == regions::normal(region));
        let this = self.size.as_ref();
        here && this.is_none_or(|this| this.eq_ignore_ascii_case(size))
    }

    /// Code and text for a machine. Both texts are Azure's (Microsoft's
    /// `allocation-failure.md` and `error-sku-not-available.md`).
    pub(super) fn error(self, region: &str, size: &str) -> (String, String) {
        let usual = if self.is_known_beforehand() {
            format!(
                "The requested VM size for resource 'Following SKUs have failed for Capacity \
                 Restrictions: {size}' is currently not available in location '{}'. Please try \
                 another size or deploy to a different location or different zone. See \
                 https://aka.ms/azureskunotavailable for details.",
                regions::normal(region)
            )
        } else {
            "Allocation failed. We do not have sufficient capacity for the requested VM size in \
             this region. Read more about improving likelihood of allocation success at \
             http://aka.ms/allocation-guidance"
                .to_owned()
        };
        let code = self.code.unwrap_or_else(|| "AllocationFailed".to_owned());
        (code, self.message.unwrap_or(usual))
    }
}
