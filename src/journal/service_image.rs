//! A service as it was at one moment.

use serde::{Deserialize, Serialize};

/// A service: the other host it is on, this one when absent, and its unit.
pub type Service = (Option<String>, String);

/// A service as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceImage {
    /// The other host; this one when absent.
    #[serde(default)]
    pub host: Option<String>,
    /// Its unit.
    pub unit: String,
    /// Started at boot.
    pub enabled: bool,
    /// Running.
    pub active: bool,
}

impl ServiceImage {
    pub fn service(&self) -> Service {
        (self.host.clone(), self.unit.clone())
    }

    pub fn state(&self) -> ServiceState {
        ServiceState {
            enabled: self.enabled,
            active: self.active,
        }
    }
}

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceState {
    pub enabled: bool,
    pub active: bool,
}
