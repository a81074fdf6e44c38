use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::error::ArmError;
use super::operation::{Accepted, OperationStatus, OperationUrl};
use super::origin;
use super::request::Arm;
use super::retry::Caller;
use crate::azure::error::Error;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::resource_id::ResourceId;

impl Accepted {
    /// What an answer of success to a write says about following it.
    pub(crate) fn new(resource: ResourceId, request: &Url, answer: &Answer) -> Self {
        let link = |name| {
            let link = answer.header(name).filter(|link| !link.is_empty())?;
            let url = origin::resolve(request, link).ok()?;
            Some(OperationUrl::new(url.into()))
        };
        let text = |name| answer.header(name).map(str::to_owned);
        Self {
            status: answer.status,
            resource,
            deletes: false,
            operation: link("azure-asyncoperation"),
            // A 201 may carry a Location that leads nowhere (host pools do).
            location: (answer.status == 202).then(|| link("location")).flatten(),
            retry_after_s: answer.retry_after().map(|wait| wait.as_secs()),
            client_request_id: Some(answer.client_request_id.clone()),
            request_id: text("x-ms-request-id"),
            correlation_id: text("x-ms-correlation-request-id"),
        }
    }
}

/// The least that ARM asks to wait (azure-resource-manager-rpc, async-api-reference.md), for an
/// answer that does not say.
const WAIT: Duration = Duration::from_secs(10);

impl Arm {
    /// Asks something that changes nothing, and follows a 202 to the answer itself.
    pub(crate) async fn answer(
        &self,
        caller: &Caller<'_>,
        url: &Url,
        body: &Value,
    ) -> Result<Value, Error> {
        let mut url = url.clone();
        let mut answer = self.ask(caller, &url, body).await?;
        while answer.status == 202 {
            let location = answer.header("location").unwrap_or_default();
            url = origin::resolve(&url, location).map_err(|e| Error::Malformed {
                doing: caller.doing.clone(),
                cause: format!("where the answer will be: {e}"),
            })?;
            tokio::time::sleep(answer.retry_after().unwrap_or(WAIT)).await;
            answer = self.fetch(caller, &url).await?;
        }
        answer.json(&caller.doing)
    }

    /// One look at an operation, by the rules of async-api-reference.md
    /// (azure-resource-manager-rpc): `Azure-AsyncOperation` if there is one, else `Location`, else
    /// the resource at `resource`.
    pub(crate) async fn poll(
        &self,
        caller: &Caller<'_>,
        accepted: &Accepted,
        resource: &Url,
    ) -> Result<OperationStatus, Error> {
        if let Some(operation) = &accepted.operation {
            let answer = self.look(caller, &parse(caller, operation)?).await?;
            by_status(caller, &answer)
        } else if let Some(location) = &accepted.location {
            let answer = self.look(caller, &parse(caller, location)?).await?;
            by_location(caller, &answer)
        } else {
            match self.look(caller, resource).await {
                Err(error) if accepted.deletes && error.is_not_found() => {
                    Ok(OperationStatus::Succeeded)
                }
                looked => by_resource(caller, accepted, &looked?),
            }
        }
    }
}

fn parse(caller: &Caller<'_>, url: &OperationUrl) -> Result<Url, Error> {
    Url::parse(url.as_str()).map_err(|e| Error::Malformed {
        doing: caller.doing.clone(),
        cause: format!("the address of the operation: {e}"),
    })
}

fn running(answer: &Answer, body: &Value) -> OperationStatus {
    let percent = body
        .get("percentComplete")
        .or_else(|| body.pointer("/properties/percentComplete"))
        .and_then(Value::as_f64);
    OperationStatus::Running {
        retry_after: answer.retry_after(),
        percent,
    }
}

/// The end that a body with `status` tells; nothing while it has not ended, whatever word is used.
fn end(body: &Value) -> Option<OperationStatus> {
    let status = body.get("status")?.as_str()?;
    let is = |word: &str| status.eq_ignore_ascii_case(word);
    if is("Succeeded") {
        Some(OperationStatus::Succeeded)
    } else if is("Failed") {
        let said = body.get("error").and_then(ArmError::read);
        Some(OperationStatus::Failed(said.unwrap_or_else(|| {
            ArmError::made(
                "Failed",
                "the operation failed, and Azure does not say why".to_owned(),
            )
        })))
    } else if is("Canceled") || is("Cancelled") {
        Some(OperationStatus::Canceled)
    } else {
        None
    }
}

/// `Azure-AsyncOperation`: always 200, and a `status` in the body. A body that was cut off may be
/// whole next time; one without a status, or none at all, is not going to tell.
fn by_status(caller: &Caller<'_>, answer: &Answer) -> Result<OperationStatus, Error> {
    let silent = || Error::Malformed {
        doing: caller.doing.clone(),
        cause: "the operation tells no status".to_owned(),
    };
    let body = if answer.body.as_ref().is_ok_and(Vec::is_empty) {
        Ok(Value::Null)
    } else {
        answer.json(&caller.doing)
    };
    match body {
        Ok(body) if body.get("status").is_some_and(Value::is_string) => {
            Ok(end(&body).unwrap_or_else(|| running(answer, &body)))
        }
        _ if answer.status == 202 => Ok(running(answer, &Value::Null)),
        Ok(_) => Err(silent()),
        Err(error) => Err(error),
    }
}

/// `Location`: 202 while it runs, then the result itself or nothing. A `status` of failure in the
/// result counts (Microsoft.ManagedServices answers so).
fn by_location(caller: &Caller<'_>, answer: &Answer) -> Result<OperationStatus, Error> {
    let accepted = answer.status == 202;
    let empty = answer.body.as_ref().is_ok_and(Vec::is_empty);
    if accepted {
        return Ok(running(answer, &Value::Null));
    }
    if empty {
        return Ok(OperationStatus::Succeeded);
    }
    let body = answer.json(&caller.doing)?;
    Ok(end(&body).unwrap_or(OperationStatus::Succeeded))
}

/// No address at all: the resource's own state tells.
fn by_resource(
    caller: &Caller<'_>,
    accepted: &Accepted,
    answer: &Answer,
) -> Result<OperationStatus, Error> {
    let body = answer.json(&caller.doing)?;
    let state = ProvisioningState::of(&body);
    Ok(match state {
        ProvisioningState::Succeeded if !accepted.deletes => OperationStatus::Succeeded,
        ProvisioningState::Failed => OperationStatus::Failed(ArmError::made(
            "Failed",
            format!("{} is in the state Failed", accepted.resource),
        )),
        ProvisioningState::Canceled => OperationStatus::Canceled,
        _ => running(answer, &body),
    })
}
