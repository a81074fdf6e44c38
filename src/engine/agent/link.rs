//! One agent at a face's side of the socket: asked, listened to, and reached again when it is lost.

use std::collections::HashMap;
use std::mem::take;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::control::freed;
use super::face::AT_ONCE;
use super::reach::{Site, Unreached, reach};
use super::wire::{FromAgent, FromFace, Hello, Hint, VERSION, Wire, Writes};
use crate::azure::Strain;
use crate::engine::{Refusal, Reply, Request, Standing};

/// Between two attempts to reach an agent again: the first, and the longest.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// After so long an agent that ends is no sign that the next one will.
const STEADY: Duration = Duration::from_secs(30);

type Answer = oneshot::Sender<Result<Reply, Refusal>>;

enum Ask {
    Request(Box<Request>, Answer),
    /// The agent is to end when its jobs are done; then another one starts.
    Replace,
}

/// A face's way to an agent.
#[derive(Clone)]
pub(in crate::engine) struct Link {
    asks: mpsc::Sender<Ask>,
    pub(in crate::engine) journal: watch::Receiver<u64>,
    pub(in crate::engine) estate: watch::Receiver<u64>,
    pub(in crate::engine) strain: watch::Receiver<Option<Strain>>,
    pub(in crate::engine) standing: watch::Receiver<Standing>,
}

impl Link {
    /// A link to an agent, which is started where there is none and `start` allows it.
    pub(in crate::engine) async fn open(site: Site, start: bool) -> Result<Self, Unreached> {
        let reached = reach(&site, start, true).await?;
        let (asks, asked) = mpsc::channel(AT_ONCE);
        let keeper = Keeper {
            site,
            asked,
            waiting: Vec::new(),
            journal: watch::Sender::new(0),
            estate: watch::Sender::new(0),
            strain: watch::Sender::new(None),
            standing: watch::Sender::new(Standing::Reaching),
        };
        keeper.up(&reached.1, 1);
        let link = Self {
            asks,
            journal: keeper.journal.subscribe(),
            estate: keeper.estate.subscribe(),
            strain: keeper.strain.subscribe(),
            standing: keeper.standing.subscribe(),
        };
        tokio::spawn(keeper.keep(Ok(reached)));
        Ok(link)
    }

    pub(in crate::engine) async fn ask(&self, request: Request) -> Result<Reply, Refusal> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask::Request(Box::new(request), answer);
        self.asks.send(ask).await.map_err(|_| Refusal::Lost)?;
        answered.await.unwrap_or(Err(Refusal::Lost))
    }

    /// Has the agent end when its jobs are done, and another one start.
    pub(in crate::engine) async fn replace(&self) {
        // Without a keeper the face is ending.
        let _ = self.asks.send(Ask::Replace).await;
    }
}

/// Keeps the link.
struct Keeper {
    site: Site,
    asked: mpsc::Receiver<Ask>,
    /// Asked while nobody could answer.
    waiting: Vec<Ask>,
    journal: watch::Sender<u64>,
    estate: watch::Sender<u64>,
    strain: watch::Sender<Option<Strain>>,
    standing: watch::Sender<Standing>,
}

/// How talking to an agent ended.
enum End {
    /// The face has gone.
    Left,
    /// The agent has gone, without a word.
    Lost,
    /// The agent has said why it ends.
    Bye(String),
    /// The agent has ended so that another one can start.
    Replaced,
}

impl Keeper {
    async fn keep(mut self, mut reached: Result<(Wire, Hello), Unreached>) {
        let mut pause = SHORTEST;
        loop {
            match reached {
                Ok((wire, hello)) => {
                    let since = Instant::now();
                    match self.talk(wire, &hello).await {
                        End::Left => return,
                        End::Lost => {
                            pause = if since.elapsed() > STEADY {
                                SHORTEST
                            } else {
                                (pause * 2).min(LONGEST)
                            };
                            self.stand(Standing::Reaching);
                            tokio::time::sleep(pause).await;
                        }
                        End::Bye(why) => {
                            self.stand(Standing::Stopped(why));
                            // Somebody wanted it to end: the next one starts when there is a use.
                            let Some(ask) = self.asked.recv().await else {
                                return;
                            };
                            self.waiting.push(ask);
                            self.stand(Standing::Reaching);
                        }
                        End::Replaced => self.stand(Standing::Reaching),
                    }
                }
                Err(unreached) => {
                    pause = (pause * 2).min(LONGEST);
                    if !self.without(unreached, pause).await {
                        return;
                    }
                }
            }
            reached = reach(&self.site, true, true).await;
        }
    }

    fn stand(&self, standing: Standing) {
        self.strain
            .send_if_modified(|strain| strain.take().is_some());
        self.show(standing);
    }

    fn show(&self, standing: Standing) {
        self.standing.send_if_modified(|before| {
            let changed = *before != standing;
            *before = standing;
            changed
        });
    }

    fn up(&self, hello: &Hello, faces: usize) {
        let standing = if hello.version == VERSION {
            let fingerprint = hello.fingerprint.as_ref();
            Standing::Agent {
                faces,
                differs: fingerprint
                    .map_or_else(Vec::new, |agents| agents.differs(&self.site.config)),
            }
        } else {
            Standing::OtherVersion(hello.version.clone())
        };
        self.show(standing);
    }

    /// Talks to an agent until one of the two has gone.
    async fn talk(&mut self, wire: Wire, hello: &Hello) -> End {
        self.up(hello, 1);
        // What was written while nobody listened is as good as just written.
        self.journal.send_modify(|revision| *revision += 1);
        self.estate.send_modify(|revision| *revision += 1);
        let Wire { mut reads, writes } = wire;
        let out = write(writes);
        let mut open = Open::default();
        let mut replaced = false;
        for ask in take(&mut self.waiting) {
            open.send(&out, ask, hello);
        }
        loop {
            tokio::select! {
                ask = self.asked.recv(), if open.answers.len() < AT_ONCE => match ask {
                    None => return End::Left,
                    Some(Ask::Replace) => {
                        replaced = true;
                        let _ = out.send(FromFace::Stop { drain: true }).await;
                    }
                    Some(ask) => open.send(&out, ask, hello),
                },
                frame = reads.next() => match frame {
                    Ok(Some(FromAgent::Answer { id, answer })) => open.answered(id, answer),
                    Ok(Some(FromAgent::Changed(hint))) => self.hinted(hello, hint),
                    Ok(Some(FromAgent::Bye(_))) if replaced => {
                        return match freed(&self.site.paths).await {
                            Ok(()) => End::Replaced,
                            Err(_) => End::Lost,
                        };
                    }
                    Ok(Some(FromAgent::Bye(why))) => return End::Bye(why),
                    Ok(Some(FromAgent::Hello(_) | FromAgent::Status(_))) => {}
                    Ok(None) => return End::Lost,
                    Err(error) => {
                        tracing::warn!(%error, "the agent is not understood any more");
                        return End::Lost;
                    }
                },
            }
        }
    }

    fn hinted(&self, hello: &Hello, hint: Hint) {
        if hint.journal {
            self.journal.send_modify(|revision| *revision += 1);
        }
        if hint.estate {
            self.estate.send_modify(|revision| *revision += 1);
        }
        self.strain.send_if_modified(|strain| {
            let changed = *strain != hint.strain;
            *strain = hint.strain;
            changed
        });
        self.up(hello, hint.faces);
    }

    /// Stands without an agent for a while; whatever is asked meanwhile is refused. Returns whether
    /// the face is still there.
    async fn without(&mut self, unreached: Unreached, pause: Duration) -> bool {
        let (standing, refusal) = match unreached {
            Unreached::Owned(owner) => (Standing::Reads(owner.clone()), Refusal::Owned(owner)),
            Unreached::Failed(why) => (Standing::Down(why.clone()), Refusal::NoAgent(why)),
            Unreached::Nobody => (Standing::Reaching, Refusal::Lost),
        };
        self.stand(standing);
        // Whoever owns the folder tells nobody: what it writes is looked for each time.
        self.journal.send_modify(|revision| *revision += 1);
        self.estate.send_modify(|revision| *revision += 1);
        for ask in take(&mut self.waiting) {
            refuse(ask, &refusal);
        }
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                ask = self.asked.recv() => match ask {
                    None => return false,
                    Some(ask) => refuse(ask, &refusal),
                },
            }
        }
    }
}

fn refuse(ask: Ask, refusal: &Refusal) {
    if let Ask::Request(_, answer) = ask {
        let _ = answer.send(Err(refusal.clone()));
    }
}

/// Questions without an answer. When they are dropped, whoever asked is told that it is lost.
#[derive(Default)]
struct Open {
    next: u64,
    answers: HashMap<u64, Answer>,
}

impl Open {
    fn send(&mut self, out: &mpsc::Sender<FromFace>, ask: Ask, hello: &Hello) {
        let Ask::Request(request, answer) = ask else {
            return;
        };
        if hello.version != VERSION {
            let _ = answer.send(Err(Refusal::OtherVersion(hello.version.clone())));
            return;
        }
        self.next += 1;
        let id = self.next;
        // There is room: no more questions are open than it has places.
        if out.try_send(FromFace::Ask { id, request }).is_ok() {
            self.answers.insert(id, answer);
        } else {
            let _ = answer.send(Err(Refusal::Lost));
        }
    }

    fn answered(&mut self, id: u64, answer: Result<Reply, Refusal>) {
        if let Some(asker) = self.answers.remove(&id) {
            let _ = asker.send(answer);
        }
    }
}

/// Writes by itself, so that a long question keeps nobody from hearing.
fn write(mut writes: Writes) -> mpsc::Sender<FromFace> {
    let (out, mut waiting) = mpsc::channel(2 * AT_ONCE);
    tokio::spawn(async move {
        while let Some(frame) = waiting.recv().await {
            if let Err(error) = writes.send(&frame).await {
                // That the agent has gone is heard where it is listened to.
                tracing::info!(%error, "the agent can't be asked any more");
                break;
            }
        }
    });
    out
}
