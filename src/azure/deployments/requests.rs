use serde_json::Value;

use super::{Deployment, DeploymentOperation};
use crate::azure::arm::{Accepted, ArmError};
use crate::azure::error::Error;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;

impl Session {
    /// Deploys a template; the body is `{"properties": {"mode", "template", "parameters"}}`.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether the deployment may have begun.
    pub async fn put_deployment(&self, id: &ResourceId, body: &Value) -> Result<Accepted, Error> {
        self.put(id, body, "the deployment").await
    }

    /// Whether Azure would take a deployment: template, rights, policies and quotas as it knows
    /// them before it begins.
    ///
    /// # Errors
    /// [`Error::Arm`] with what Azure objects to, or any other [`Error`] of a read.
    pub async fn validate_deployment(&self, id: &ResourceId, body: &Value) -> Result<(), Error> {
        let doing = "validating the deployment";
        let answer = self.ask(id, "/validate", body, doing).await?;
        let objection = answer
            .get("error")
            .or_else(|| answer.pointer("/properties/error"))
            .and_then(ArmError::read);
        objection.map_or(Ok(()), |error| Err(self.refused(id, doing, error)))
    }

    /// A deployment.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn deployment(&self, id: &ResourceId) -> Result<Deployment, Error> {
        self.get(id, "", "the deployment").await
    }

    /// What a deployment does, resource by resource, as far as it has begun.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn deployment_operations(
        &self,
        id: &ResourceId,
    ) -> Result<Vec<DeploymentOperation>, Error> {
        let group = id.resource_group().unwrap_or_default();
        let path = format!(
            "/subscriptions/{}/resourcegroups/{group}/deployments/{}/operations",
            id.subscription(),
            id.name()
        );
        let what = format!("the operations of deployment {}", id.names());
        self.list(&id.kind(), &path, "", &what).await
    }
}
