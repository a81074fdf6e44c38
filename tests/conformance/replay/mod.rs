//! What Azure answered once, answered again to the client.

mod reads;
mod writes;

use gallerist::azure::{Accepted, Error, OperationStatus, ResourceId, Session};
use serde_json::{Value, json};

use crate::ground_truth::Exchange;
use crate::server::{Reply, Request, Server};
use crate::support::operations::{Operation, query};

const AZURE: &str = "https://management.azure.com";

/// What an answer is replayed with.
pub(crate) struct Stage<'a> {
    pub(crate) server: &'a Server,
    pub(crate) session: &'a Session,
    /// Sets what the server answers from now on.
    pub(crate) answer: &'a dyn Fn(Reply),
}

impl Stage<'_> {
    /// Has the client call the operation, answers what was answered then, and compares what it asked
    /// for, and what it makes of the answer, with what is written. Gives what is to be followed.
    ///
    /// # Errors
    /// The client did not understand an answer of success.
    pub(crate) async fn replay(
        &self,
        operation: &Operation,
        exchange: &Exchange,
    ) -> Result<Option<Accepted>, Error> {
        (self.answer)(self.recorded(exchange));
        let before = self.server.requests().len();
        let (session, place) = (self.session, exchange.place());
        let accepted = if operation.follows() {
            self.polled(operation, exchange).await.map(|_| None)
        } else if exchange.method == "GET" {
            reads::replay(operation, exchange, session)
                .await
                .map(|()| None)
        } else {
            writes::replay(operation, exchange, session).await
        };
        let asked = self.asked(operation, exchange, before);
        let accepted = accepted?;
        if !exchange.request.is_null() {
            assert_eq!(
                asked.json(),
                writes::sendable(operation, exchange),
                "{place}"
            );
        }
        if let Some(accepted) = &accepted {
            self.remembered(accepted, exchange);
        }
        Ok(accepted)
    }

    /// The request that the client made for the operation, held against its line.
    fn asked(&self, operation: &Operation, exchange: &Exchange, before: usize) -> Request {
        let place = exchange.place();
        let mut requests = self.server.requests().split_off(before);
        for request in &requests {
            assert_eq!(request.method, exchange.method, "{place}");
            let path = request.target.split('?').next();
            let path = path.unwrap().replace("%20", " ");
            assert_eq!(path, exchange.path(), "{place}");
        }
        requests.retain(|request| {
            let asked = query(&request.target);
            let exactly = operation.lacks(&asked).is_empty();
            operation.follows() || exactly && operation.exceeded_by(&asked).is_empty()
        });
        let request = requests.pop();
        let request = request.unwrap_or_else(|| panic!("{place}: was not asked so"));
        match operation.api_version() {
            Some(version) => {
                let version = format!("api-version={version}");
                assert!(request.target.contains(&version), "{place}: {version}");
            }
            None => assert_eq!(request.target, exchange.target, "{place}: byte for byte"),
        }
        request
    }

    /// The recorded answer, its addresses pointing to the test's server.
    fn recorded(&self, exchange: &Exchange) -> Reply {
        let mut reply = if exchange.response.is_null() {
            Reply::new(exchange.status)
        } else {
            Reply::json(exchange.status, &exchange.response)
        };
        for name in ["azure-asyncoperation", "location"] {
            if let Some(value) = exchange.header(name) {
                reply = reply.with(name, value.replace(AZURE, &self.server.url()));
            }
        }
        reply
    }

    /// What the journal keeps of an accepted write is where the answer says that it goes on.
    fn remembered(&self, accepted: &Accepted, exchange: &Exchange) {
        let place = exchange.place();
        let address = |name| {
            let header = exchange.header(name)?;
            Some(header.replace(AZURE, &self.server.url()))
        };
        let journal = serde_json::to_value(accepted).unwrap();
        let operation = address("azure-asyncoperation");
        assert_eq!(journal["operation"], json!(operation), "{place}");
        let location = address("location").filter(|_| exchange.status == 202);
        assert_eq!(journal["location"], json!(location), "{place}");
        assert_eq!(accepted.status, exchange.status, "{place}");
        assert_eq!(accepted.deletes, exchange.method == "DELETE", "{place}");
    }

    /// Follows what was accepted through all that was recorded of it. Gives whether it came to its
    /// end there; nothing where nobody asked.
    pub(crate) async fn follow(&self, accepted: &Accepted, later: &[Exchange]) -> Option<bool> {
        let journal = serde_json::to_value(accepted).unwrap();
        let address = journal["operation"]
            .as_str()
            .or(journal["location"].as_str())?;
        let target = address.strip_prefix(&self.server.url())?;
        let mut ended = None;
        for poll in later.iter().filter(|poll| is_poll(poll, target)) {
            assert_ne!(ended, Some(true), "{}: asked after its end", poll.place());
            (self.answer)(self.recorded(poll));
            let status = self.session.operation(accepted).await;
            let status = status.unwrap_or_else(|e| panic!("{}: {e}", poll.place()));
            let asked = self.server.requests().pop().unwrap().target;
            assert_eq!(asked, target, "{}: byte for byte", poll.place());
            ended = Some(!matches!(status, OperationStatus::Running { .. }));
        }
        ended
    }

    async fn polled(
        &self,
        operation: &Operation,
        exchange: &Exchange,
    ) -> Result<OperationStatus, Error> {
        let address = self.server.url() + &exchange.target;
        let by_status = operation.id == "Azure-AsyncOperation";
        let accepted: Accepted = serde_json::from_value(json!({
            "status": 202,
            "resource": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/r/providers/Microsoft.Compute/galleries/g",
            "operation": by_status.then_some(&address),
            "location": (!by_status).then_some(&address),
        }))
        .unwrap();
        let got = self.session.operation(&accepted).await?;
        let running = OperationStatus::Running {
            retry_after: None,
            percent: None,
        };
        let place = exchange.place();
        let expected = match exchange.response["status"].as_str() {
            Some("Succeeded") => OperationStatus::Succeeded,
            Some("InProgress" | "Running" | "Accepted") => running,
            Some("Failed") => {
                let OperationStatus::Failed(error) = &got else {
                    panic!("{place}: {got:?}");
                };
                let mut inner = &exchange.response["error"];
                while let Some(detail) = inner["details"].get(0) {
                    inner = detail;
                }
                assert_eq!(inner["code"], error.root().code.as_str(), "{place}");
                return Ok(got);
            }
            None if !by_status && exchange.status == 202 => running,
            None if !by_status && [200, 204].contains(&exchange.status) => {
                OperationStatus::Succeeded
            }
            other => panic!("{place}: a status new to this test: {other:?}"),
        };
        assert_eq!(got, expected, "{place}");
        Ok(got)
    }
}

/// Whether an exchange is a look at the operation with this address. Who recorded them renamed
/// deployments in requests, not in headers, so that the operation's own id has to do.
fn is_poll(exchange: &Exchange, address: &str) -> bool {
    let id = |target: &str| {
        target
            .split('?')
            .next()?
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    let line = |target: &str| Operation::of("GET", target).filter(|line| line.follows());
    let (poll, wanted) = (line(&exchange.target), line(address));
    exchange.method == "GET"
        && poll.is_some_and(|line| Some(line) == wanted)
        && id(&exchange.target) == id(address)
}

/// What the client made of the answer; nothing where it was refused, and understood why.
fn understood<T>(exchange: &Exchange, got: Result<T, Error>) -> Result<Option<T>, Error> {
    if exchange.succeeded() {
        return got.map(Some);
    }
    let place = exchange.place();
    let Err(error) = got else {
        panic!("{place}: a refusal taken for a success");
    };
    assert_eq!(error.status(), Some(exchange.status), "{place}");
    let said = exchange.response.pointer("/error/code");
    assert_eq!(error.code(), said.and_then(Value::as_str), "{place}");
    Ok(None)
}

fn parent(path: &str) -> ResourceId {
    path.rsplit_once('/').unwrap().0.parse().unwrap()
}
