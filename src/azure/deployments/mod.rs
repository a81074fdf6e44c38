//! Deployments of templates into resource groups (Microsoft.Resources/deployments 2024-07-01).

mod deployment;
mod operation;
mod requests;

pub use deployment::Deployment;
pub use operation::DeploymentOperation;
