//! One face at the agent's side of the socket.

use std::io;
use std::sync::Arc;

use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::Agent;
use super::wire::{FromAgent, FromFace, HELLO, Hint, VERSION, Wire, Writes, odd};
use crate::engine::{Refusal, Reply, Request};
use crate::queue::Origin;

/// Questions of one face that are open at once; the next is read when one is answered.
pub(super) const AT_ONCE: usize = 32;

/// A face that stays, for as long as it does.
struct Guest<'a> {
    agent: &'a Agent,
    number: u64,
}

impl<'a> Guest<'a> {
    fn enter(agent: &'a Agent, origin: Origin) -> Self {
        let mut faces = agent.faces();
        let number = faces.next;
        faces.next += 1;
        faces.here.insert(number, origin);
        agent.count.send_replace(faces.here.len());
        drop(faces);
        Self { agent, number }
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        let mut faces = self.agent.faces();
        faces.here.remove(&self.number);
        self.agent.count.send_replace(faces.here.len());
    }
}

/// Serves a face until it goes, or the agent ends. What it has asked for is done also when it goes
/// before the answer.
pub(super) async fn serve(agent: &Arc<Agent>, stream: UnixStream) -> io::Result<()> {
    let mut wire = Wire::over(stream)?;
    let hello = tokio::time::timeout(HELLO, wire.reads.next()).await;
    let hello = hello.map_err(|_| odd("it didn't say hello"))??;
    let Some(FromFace::Hello {
        version,
        origin,
        stays,
    }) = hello
    else {
        return Err(odd("it said something else than hello"));
    };
    let Wire {
        mut reads,
        mut writes,
    } = wire;
    let hello = FromAgent::Hello(Box::new(agent.hello.clone()));
    writes.send(&hello).await?;
    let _guest = stays.then(|| Guest::enter(agent, origin.clone()));
    let (answers, mut answered) = mpsc::channel(AT_ONCE);
    let mut open = 0;
    let mut hints = agent.engine.changes();
    let mut count = agent.count.subscribe();
    let ended = agent.ended();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            frame = reads.next(), if open < AT_ONCE => match frame? {
                None => return Ok(()),
                Some(FromFace::Ask { id, request }) if version == VERSION => {
                    open += 1;
                    ask(agent, &origin, id, *request, answers.clone()).await;
                }
                Some(FromFace::Ask { id, .. }) => {
                    let answer = Err(Refusal::OtherVersion(VERSION.to_owned()));
                    writes.send(&FromAgent::Answer { id, answer }).await?;
                }
                Some(FromFace::Status) => {
                    writes.send(&FromAgent::Status(agent.status().await)).await?;
                }
                Some(FromFace::Stop { drain }) => agent.end(drain, &origin),
                Some(FromFace::Hello { .. }) => return Err(odd("it said hello twice")),
            },
            Some((id, answer)) = answered.recv() => {
                open -= 1;
                send(&mut writes, id, answer).await?;
            }
            changed = hints.changed(), if stays => {
                let hint = Hint {
                    journal: changed.journal,
                    estate: changed.estate,
                    ..now(agent)
                };
                writes.send(&FromAgent::Changed(hint)).await?;
            }
            Ok(()) = count.changed(), if stays => {
                writes.send(&FromAgent::Changed(now(agent))).await?;
            }
            why = &mut ended => return writes.send(&FromAgent::Bye(why)).await,
        }
    }
}

fn now(agent: &Agent) -> Hint {
    Hint {
        journal: false,
        estate: false,
        strain: agent.engine.strain(),
        faces: *agent.count.borrow(),
    }
}

async fn ask(
    agent: &Arc<Agent>,
    origin: &Origin,
    id: u64,
    request: Request,
    answers: mpsc::Sender<(u64, Result<Reply, Refusal>)>,
) {
    let (doing, origin) = (agent.clone(), origin.clone());
    let work = async move {
        let answer = Box::pin(doing.engine.answer(request, &origin)).await;
        // The face may have gone meanwhile.
        let _ = answers.send((id, answer)).await;
    };
    agent.engine.work(work).await;
}

async fn send(writes: &mut Writes, id: u64, answer: Result<Reply, Refusal>) -> io::Result<()> {
    match writes.send(&FromAgent::Answer { id, answer }).await {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let text = "the answer is longer than an agent may send: ask for less at once";
            let answer = Err(Refusal::Invalid(text.to_owned()));
            writes.send(&FromAgent::Answer { id, answer }).await
        }
        sent => sent,
    }
}
