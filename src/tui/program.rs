//! The loop: what happens is taken in, the state follows, a frame is drawn when there is something
//! new to see. Idle, it sleeps.

use std::future::Future;
use std::io::{self, Stdout, stdout};
use std::time::Duration;

use color_eyre::eyre::{self, WrapErr as _};
use crossterm::event::{Event, KeyEventKind};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::data::{self, News, Reading};
use super::keymap;
use super::message::{Agent, Asked, Effect, Engine, Message};
use super::screen::Screen;
use super::state::State;
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::update;
use crate::engine::{Changed, Connection, Request, Standing};
use crate::paths::Paths;

/// What the interface has to know before anything else is there.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the title says of where this is: `demo`, or the cloud's name.
    pub place: String,
    /// Where the journal and the estate are, or will be.
    pub paths: Paths,
}

/// How long the first frame waits for what is on disk.
const FIRST: Duration = Duration::from_millis(25);

/// Between two frames for what was read: ten a second are enough for a log that runs.
const CALM: Duration = Duration::from_millis(100);

/// Between two frames for keys: short enough that a key right after a frame for news is as quick as
/// any other.
const PROMPT: Duration = Duration::from_millis(4);

/// Messages that may wait for the loop.
const WAITING: usize = 256;

/// Between two tries to take over from an owner that is no more.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// Runs the interface until it is left. The first frame shows what is on disk; `start` runs
/// meanwhile and brings the engine, and again as long as another process is that. Leaving waits
/// until the engine is closed.
///
/// # Errors
/// The terminal can't be used. That there is no engine is shown, and is no error.
pub async fn run<E, F>(options: Options, start: impl FnMut() -> F) -> eyre::Result<()>
where
    E: std::fmt::Display + Send + 'static,
    F: Future<Output = Result<Connection, E>> + Send + 'static,
{
    let (told, news) = mpsc::channel(WAITING);
    let reading = data::start(options.paths.clone(), told).wrap_err("no thread to read with")?;
    let theme = Theme::of(&|name| std::env::var(name).ok());
    let terminal = Terminal::take().wrap_err("this is not a terminal")?;
    let size = crossterm::terminal::size().wrap_err("the terminal has no size")?;
    let (later, messages) = mpsc::channel(WAITING);
    let mut program = Program {
        state: State::new(options.place, TimeZone::system(), size),
        screen: Screen::new(stdout(), theme),
        _terminal: terminal,
        reading,
        connection: None,
        hinting: None,
        later,
        drawn: Instant::now(),
        due: None,
        ended: false,
    };
    program.reading.watch(program.state.watch());
    let outcome = program.lead(Inputs::new(news, messages)?, start).await;
    let connection = program.connection.take();
    drop(program);
    if let Some(connection) = connection {
        connection.close().await;
    }
    outcome.wrap_err("the terminal can't be used any more")
}

/// All that can happen.
struct Inputs {
    events: mpsc::Receiver<io::Result<Event>>,
    news: mpsc::Receiver<News>,
    messages: mpsc::Receiver<Message>,
    ends: [Signal; 3],
}

impl Inputs {
    fn new(news: mpsc::Receiver<News>, messages: mpsc::Receiver<Message>) -> eyre::Result<Self> {
        let ends = [
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
        ];
        Ok(Self {
            events: events()?,
            news,
            messages,
            ends,
        })
    }
}

/// What the terminal says, from a thread that only listens. (crossterm's stream has such a thread
/// too, and a task between it and here: on a busy machine each of them waits for its turn.)
fn events() -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (told, events) = mpsc::channel(WAITING);
    let listen = move || {
        loop {
            let event = crossterm::event::read();
            let over = event.is_err();
            if told.blocking_send(event).is_err() || over {
                break;
            }
        }
    };
    // It ends with the process: until then there may always be one more key.
    std::thread::Builder::new()
        .name("listener to the terminal".to_owned())
        .spawn(listen)?;
    Ok(events)
}

struct Program {
    state: State,
    screen: Screen<Stdout>,
    _terminal: Terminal,
    reading: Reading,
    connection: Option<Connection>,
    /// Passes the connection's hints on.
    hinting: Option<JoinHandle<()>>,
    later: mpsc::Sender<Message>,
    drawn: Instant,
    due: Option<Instant>,
    ended: bool,
}

impl Program {
    async fn lead<E, F>(
        &mut self,
        mut inputs: Inputs,
        mut start: impl FnMut() -> F,
    ) -> io::Result<()>
    where
        E: std::fmt::Display + Send + 'static,
        F: Future<Output = Result<Connection, E>> + Send + 'static,
    {
        self.first_frame(&mut inputs).await?;
        let mut starting = tokio::spawn(start());
        let mut started = false;
        let mut take_over = None;
        while !self.ended {
            let due = self.due;
            let [terminate, hang_up, interrupt] = &mut inputs.ends;
            tokio::select! {
                biased;
                _ = terminate.recv() => break,
                _ = hang_up.recv() => break,
                _ = interrupt.recv() => break,
                event = inputs.events.recv() => match event {
                    Some(Ok(event)) => self.event(event)?,
                    Some(Err(error)) => return Err(error),
                    None => break,
                },
                () = async { if let Some(due) = due { sleep_until(due).await } },
                    if due.is_some() => self.show()?,
                () = async { if let Some(at) = take_over { sleep_until(at).await } },
                    if take_over.is_some() => {
                        take_over = None;
                        starting = tokio::spawn(start());
                        started = false;
                    }
                outcome = &mut starting, if !started => {
                    started = true;
                    match outcome {
                        Ok(Ok(connection)) => {
                            let reads = connection.owner().is_some();
                            if !reads || self.connection.is_none() {
                                self.connected(connection)?;
                            }
                            take_over = reads.then(|| Instant::now() + TAKE_OVER);
                        }
                        Ok(Err(error)) => self.take(Message::NotConnected(error.to_string()), CALM)?,
                        Err(error) => self.take(Message::NotConnected(error.to_string()), CALM)?,
                    }
                }
                Some(message) = inputs.messages.recv() => self.take(message, PROMPT)?,
                Some(news) = inputs.news.recv() => self.take(Message::News(news), CALM)?,
            }
            self.take_waiting(&mut inputs)?;
        }
        // What is still starting would own the state folder when nobody is left to close it.
        if !started && let Ok(Ok(connection)) = starting.await {
            self.connection = Some(connection);
        }
        Ok(())
    }

    /// Everything that has happened meanwhile, before a frame is drawn.
    fn take_waiting(&mut self, inputs: &mut Inputs) -> io::Result<()> {
        while !self.ended {
            if let Ok(event) = inputs.events.try_recv() {
                self.event(event?)?;
            } else if let Ok(message) = inputs.messages.try_recv() {
                self.take(message, PROMPT)?;
            } else if let Ok(news) = inputs.news.try_recv() {
                self.take(Message::News(news), CALM)?;
            } else {
                break;
            }
        }
        if self.due.is_some_and(|due| due <= Instant::now()) {
            self.show()
        } else {
            Ok(())
        }
    }

    /// The first frame, with what is on disk as far as that comes at once.
    async fn first_frame(&mut self, inputs: &mut Inputs) -> io::Result<()> {
        let until = Instant::now() + FIRST;
        while self.state.estate.known().is_none() || self.state.log.page.is_none() {
            match tokio::time::timeout_at(until, inputs.news.recv()).await {
                Ok(Some(news)) => self.take(Message::News(news), CALM)?,
                _ => break,
            }
        }
        self.show()
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        self.state.now = Timestamp::now();
        let message = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                match keymap::find(self.state.place(), &key) {
                    Some(command) => Message::Command(command),
                    None => Message::Typed(key),
                }
            }
            Event::Paste(text) => Message::Pasted(text),
            Event::Resize(columns, rows) => Message::Resized(columns, rows),
            _ => return Ok(()),
        };
        self.take(message, PROMPT)
    }

    /// Takes a message in; what follows from it is seen within `pace` of the last frame.
    fn take(&mut self, message: Message, pace: Duration) -> io::Result<()> {
        let effects = update(&mut self.state, message);
        let due = self.drawn + pace;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
        self.reading.watch(self.state.watch());
        effects
            .into_iter()
            .try_for_each(|effect| self.carry_out(effect))
    }

    fn show(&mut self) -> io::Result<()> {
        self.due = None;
        self.drawn = Instant::now();
        self.screen.show(&self.state)
    }

    fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask(asked, request) => self.ask(asked, request),
            Effect::After(wait, later) => {
                let told = self.later.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    // Nobody listens any more when the program has ended.
                    let _ = told.send(Message::Later(later)).await;
                });
            }
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::ReplaceAgent => {
                if let Some(connection) = self.connection.clone() {
                    tokio::spawn(async move { connection.replace_agent().await });
                }
            }
            Effect::Ring => self.screen.ring(),
            Effect::Redraw => self.screen.forget(),
            Effect::Suspend => {
                Terminal::suspend()?;
                self.screen.forget();
                let (columns, rows) = crossterm::terminal::size()?;
                return self.take(Message::Resized(columns, rows), PROMPT);
            }
            Effect::Quit => self.ended = true,
        }
        Ok(())
    }

    fn ask(&self, asked: Asked, request: Request) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let told = self.later.clone();
        tokio::spawn(async move {
            let answer = connection.ask(request).await;
            let _ = told.send(Message::Answer(asked, answer)).await;
        });
    }

    /// There is an engine: its hints go to the thread that reads.
    fn connected(&mut self, connection: Connection) -> io::Result<()> {
        let mut changes = connection.changes();
        let hints = self.reading.hints();
        hints.hint(Changed {
            journal: true,
            estate: true,
            ..Changed::default()
        });
        let (asked, told) = (connection.clone(), self.later.clone());
        let hinting = tokio::spawn(async move {
            loop {
                let news = changes.changed().await;
                hints.hint(news);
                // Nobody listens any more when the program has ended.
                if news.throttle {
                    let _ = told.send(Message::Strained(asked.strain())).await;
                }
                if news.standing {
                    let _ = told.send(standing(&asked)).await;
                }
            }
        });
        if let Some(before) = self.hinting.replace(hinting) {
            before.abort();
        }
        let message = standing(&connection);
        self.connection = Some(connection);
        self.take(message, CALM)
    }
}

/// Where the engine is at the moment, as the screen takes it.
fn standing(connection: &Connection) -> Message {
    let (owner, agent) = match connection.standing() {
        Standing::Reaching => return Message::Reaching,
        Standing::Stopped(why) => return Message::Stopped(why),
        Standing::OtherVersion(version) => return Message::OtherVersion(version),
        Standing::Down(why) => return Message::NotConnected(why),
        Standing::Here => (None, None),
        Standing::Reads(owner) => (Some(owner.to_string()), None),
        Standing::Agent { faces, differs } => (None, Some(Agent { faces, differs })),
    };
    Message::Connected(Engine {
        owner,
        read_only: connection.read_only(),
        bell: connection.bell(),
        customers: connection.customers().to_vec(),
        agent,
    })
}
