use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use crate::azure::secret::Secret;

/// The refresh tokens of people who have signed in. They live in a file that several processes
/// share, so the file is what counts: it is read whenever one is needed, and written under a lock,
/// whole and at once. Without a file they live in memory. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RefreshTokens(Arc<Place>);

enum Place {
    File(PathBuf),
    Memory(Mutex<Vec<SignIn>>),
}

/// Which sign-in it is. Another configuration may use the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whose {
    pub(super) authority: String,
    pub(super) client_id: String,
    pub(super) identity: String,
    pub(super) tenant: TenantId,
}

impl Whose {
    pub(super) fn same_identity(&self, other: &Self) -> bool {
        self.authority == other.authority
            && self.client_id == other.client_id
            && self.identity == other.identity
    }
}

/// What is kept of a sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SignIn {
    #[serde(flatten)]
    pub(super) whose: Whose,
    /// What the person is called there.
    pub(super) account: Option<String>,
    #[serde(serialize_with = "in_clear")]
    pub(super) refresh_token: Secret,
}

impl SignIn {
    /// Whether it is the very same, down to the token.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.whose == other.whose && self.refresh_token.expose() == other.refresh_token.expose()
    }
}

/// The one place that writes a secret down.
fn in_clear<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The file's form. A change that an older program would not understand raises the version.
#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    sign_ins: Vec<SignIn>,
}

/// What every version of it has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

const VERSION: u32 = 1;

impl RefreshTokens {
    pub(crate) fn in_memory() -> Self {
        Self(Arc::new(Place::Memory(Mutex::default())))
    }

    pub(crate) fn in_file(path: PathBuf) -> Self {
        Self(Arc::new(Place::File(path)))
    }

    /// All of them.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the file cannot be read or is not understood.
    pub(super) async fn read(&self) -> Result<Vec<SignIn>, Error> {
        self.with(Place::read).await
    }

    /// Keeps a sign-in in the place of an older one. A file that is not understood is set aside.
    pub(super) async fn keep(&self, sign_in: SignIn) -> Result<(), Error> {
        self.with(move |place| {
            place.change(Unread::SetAside, |sign_ins| {
                sign_ins.retain(|kept| kept.whose != sign_in.whose);
                sign_ins.push(sign_in);
                true
            })
        })
        .await?;
        Ok(())
    }

    /// Puts a newer refresh token in the place of the one that it was got with, unless the person
    /// has signed in or out meanwhile.
    pub(super) async fn replace(&self, used: SignIn, newer: Secret) -> Result<(), Error> {
        self.with(move |place| {
            place.change(Unread::Refuse, |sign_ins| {
                let kept = sign_ins.iter_mut().find(|kept| kept.is(&used));
                kept.map(|kept| kept.refresh_token = newer).is_some()
            })
        })
        .await?;
        Ok(())
    }

    /// Forgets sign-ins. Whether there was one.
    pub(super) async fn forget(
        &self,
        meant: impl Fn(&Whose) -> bool + Send + 'static,
    ) -> Result<bool, Error> {
        self.with(move |place| {
            place.change(Unread::Refuse, |sign_ins| {
                let before = sign_ins.len();
                sign_ins.retain(|kept| !meant(&kept.whose));
                sign_ins.len() < before
            })
        })
        .await
    }

    /// Does something with the place that may take a while.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&place)).await;
        done.unwrap_or_else(|error| Err(Error::Configuration(error.to_string())))
    }
}

/// What becomes of a file that is not understood when it is to be changed.
#[derive(Clone, Copy, PartialEq)]
enum Unread {
    Refuse,
    SetAside,
}

impl Place {
    fn read(&self) -> Result<Vec<SignIn>, Error> {
        match self {
            Self::File(path) => read(path),
            Self::Memory(kept) => Ok(kept.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }

    /// Changes what is kept; `change` says whether it did.
    fn change(
        &self,
        unread: Unread,
        change: impl FnOnce(&mut Vec<SignIn>) -> bool,
    ) -> Result<bool, Error> {
        match self {
            Self::File(path) => {
                let _lock = lock(path).map_err(|cause| unusable(path, "locked", &cause))?;
                let mut sign_ins = match read(path) {
                    Err(error) if unread == Unread::SetAside => {
                        set_aside(path, &error)?;
                        Vec::new()
                    }
                    read => read?,
                };
                let changed = change(&mut sign_ins);
                if changed {
                    write(path, sign_ins).map_err(|cause| unusable(path, "written", &cause))?;
                }
                Ok(changed)
            }
            Self::Memory(kept) => Ok(change(
                &mut kept.lock().unwrap_or_else(PoisonError::into_inner),
            )),
        }
    }
}

fn unusable(path: &Path, done: &str, cause: &io::Error) -> Error {
    let path = path.display();
    Error::Configuration(format!("the sign-ins in {path} can't be {done}: {cause}"))
}

fn read(path: &Path) -> Result<Vec<SignIn>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(unusable(path, "read", &cause)),
    };
    let not_understood = |why: &str| {
        Error::Configuration(format!(
            "the sign-ins in {} are not understood: {why}; the file is left as it is, and set \
             aside when somebody signs in again",
            path.display()
        ))
    };
    // serde's words may quote what it found, and that may be a token.
    let place = |error: serde_json::Error| {
        not_understood(&format!("line {}, column {}", error.line(), error.column()))
    };
    let Versioned { version } = serde_json::from_str(&text).map_err(place)?;
    if version > VERSION {
        return Err(not_understood("a newer gallerist wrote them"));
    }
    let contents: Contents = serde_json::from_str(&text).map_err(place)?;
    Ok(contents.sign_ins)
}

/// Only one process changes the file at a time. The lock ends with the handle.
fn lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path.with_extension("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Whoever reads sees the old file or the new one, also after a power cut.
fn write(path: &Path, sign_ins: Vec<SignIn>) -> io::Result<()> {
    let contents = Contents {
        version: VERSION,
        sign_ins,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    // For its owner alone, 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".tokens-")
        .tempfile_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(&contents)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn set_aside(path: &Path, error: &Error) -> Result<(), Error> {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%f");
    let aside = path.with_extension(format!("{now}.json"));
    tracing::warn!(%error, aside = %aside.display(), "set aside");
    std::fs::rename(path, &aside).map_err(|cause| unusable(path, "set aside", &cause))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn sign_in(identity: &str, token: &str) -> SignIn {
        SignIn {
            whose: Whose {
                authority: "https://login.example".to_owned(),
                client_id: "app".to_owned(),
                identity: identity.to_owned(),
                tenant: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
            },
            account: Some("ada@msp.example".to_owned()),
            refresh_token: Secret::new(token.to_owned()),
        }
    }

    fn tokens(kept: &[SignIn]) -> Vec<&str> {
        kept.iter()
            .map(|kept| kept.refresh_token.expose())
            .collect()
    }

    async fn both(check: impl AsyncFn(RefreshTokens)) {
        let folder = tempfile::tempdir().unwrap();
        check(RefreshTokens::in_memory()).await;
        check(RefreshTokens::in_file(folder.path().join("tokens.json"))).await;
    }

    #[tokio::test]
    async fn a_later_sign_in_replaces_an_earlier_one_of_the_same() {
        both(async |kept| {
            assert!(kept.read().await.unwrap().is_empty());
            kept.keep(sign_in("a", "1")).await.unwrap();
            kept.keep(sign_in("b", "2")).await.unwrap();
            kept.keep(sign_in("a", "3")).await.unwrap();
            let now = kept.read().await.unwrap();
            assert_eq!(tokens(&now), ["2", "3"]);
            assert_eq!(now[1].account.as_deref(), Some("ada@msp.example"));
        })
        .await;
    }

    #[tokio::test]
    async fn a_renewed_token_does_not_undo_what_a_person_did_meanwhile() {
        both(async |kept| {
            let first = sign_in("a", "1");
            kept.keep(first.clone()).await.unwrap();
            let renewed = |token: &str| Secret::new(token.to_owned());
            kept.replace(first.clone(), renewed("2")).await.unwrap();
            kept.replace(first.clone(), renewed("late")).await.unwrap();
            assert_eq!(tokens(&kept.read().await.unwrap()), ["2"]);
            for there in [true, false] {
                let whose = first.whose.clone();
                let forgotten = kept.forget(move |other| *other == whose).await;
                assert_eq!(forgotten.unwrap(), there);
            }
            kept.replace(sign_in("a", "2"), renewed("3")).await.unwrap();
            assert!(kept.read().await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn the_file_is_for_its_owner_alone_in_a_folder_that_is_too() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("new/state");
        let path = state.join("tokens.json");
        let kept = RefreshTokens::in_file(path.clone());
        kept.keep(sign_in("a", "1")).await.unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        kept.keep(sign_in("a", "2")).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&state)), (0o600, 0o700));
        let names = std::fs::read_dir(&state).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["tokens.json", "tokens.lock"]);
    }

    #[tokio::test]
    async fn what_is_not_understood_is_told_and_set_aside_only_for_a_new_sign_in() {
        let newer = r#"{"version":2,"sign_ins":{"refresh_token":"s3cret"}}"#;
        for (text, words) in [
            (newer, "a newer gallerist"),
            (r#"{"version":1,"sign_ins":["s3cret"]}"#, "line 1, column"),
            ("{\"version\":1,", "line 1, column"),
            ("", "line 1, column 0"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tokens.json");
            std::fs::write(&path, text).unwrap();
            let kept = RefreshTokens::in_file(path.clone());
            for refusal in [
                kept.read().await.unwrap_err(),
                kept.replace(sign_in("a", "1"), Secret::new("2".to_owned()))
                    .await
                    .unwrap_err(),
                kept.forget(|_| true).await.unwrap_err(),
            ] {
                let refusal = refusal.to_string();
                assert!(refusal.contains(words), "{refusal}");
                assert!(!refusal.contains("s3cret"), "{refusal}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            kept.keep(sign_in("a", "1")).await.unwrap();
            assert_eq!(tokens(&kept.read().await.unwrap()), ["1"]);
            let aside = std::fs::read_dir(folder.path()).unwrap();
            let aside =
                aside.filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok());
            assert!(aside.into_iter().any(|aside| aside == text));
        }
    }

    #[tokio::test]
    async fn many_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            // Each as another process would: with a handle of its own.
            let kept = RefreshTokens::in_file(path.clone());
            tasks.spawn(async move { kept.keep(sign_in(&format!("i{number}"), "t")).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(RefreshTokens::in_file(path).read().await.unwrap().len(), 20);
    }
}
