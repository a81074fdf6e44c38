use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tui_input::Input;

use crate::queue::{After, JobId, Terms, times};
use crate::tui::times::moment;

/// What the operator says of what is about to be submitted: on which terms its jobs begin, and why
/// they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instructions {
    /// The job whose changes are taken back; nothing for what a form asks for.
    pub undoes: Option<JobId>,
    /// The terms.
    pub terms: Terms,
    /// The note.
    pub note: Option<String>,
}

/// A field of the sheet of terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Why it is done.
    Note,
    /// When its jobs may begin.
    NotBefore,
    /// What they come after.
    After,
    /// Which of them come first.
    Priority,
    /// How many of them at the same time.
    AtOnce,
    /// After how many failures the others are held.
    HoldAfter,
}

/// The sheet in which terms and a note are typed.
#[derive(Debug)]
pub struct TermsSheet {
    /// The field that is typed in.
    pub field: Field,
    typed: [Typed; Field::ALL.len()],
}

/// What is typed in a field, and what is wrong with it.
#[derive(Debug, Default)]
struct Typed {
    input: Input,
    wrong: Option<String>,
}

impl Field {
    /// All of them, in their order on the sheet.
    pub const ALL: [Self; 6] = [
        Self::Note,
        Self::NotBefore,
        Self::After,
        Self::Priority,
        Self::AtOnce,
        Self::HoldAfter,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::NotBefore => "not before",
            Self::After => "after",
            Self::Priority => "priority",
            Self::AtOnce => "at once",
            Self::HoldAfter => "hold after",
        }
    }

    /// What belongs in it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Note => "kept with the jobs and in the audit",
            Self::NotBefore => "22:00, or 2026-11-24T22:00",
            Self::After => "jobs or parts: 41, 42:westeurope",
            Self::Priority => "higher begins first; 0 is usual",
            Self::AtOnce => "jobs that run at the same time",
            Self::HoldAfter => "failures, then the others are held",
        }
    }
}

impl TermsSheet {
    /// The sheet as it opens over what was said before.
    #[must_use]
    pub fn of(said: &Instructions, zone: &TimeZone) -> Self {
        let terms = &said.terms;
        let count = |count: Option<u32>| count.map(|count| count.to_string());
        let texts = Field::ALL.map(|field| match field {
            Field::Note => said.note.clone(),
            Field::NotBefore => terms.not_before.map(|at| written(at, zone)),
            Field::After => Some(after(&terms.after)),
            Field::Priority => (terms.priority != 0).then(|| terms.priority.to_string()),
            Field::AtOnce => count(terms.at_once),
            Field::HoldAfter => count(terms.hold_after),
        });
        Self {
            field: Field::Note,
            typed: texts.map(|text| Typed {
                input: text.unwrap_or_default().into(),
                wrong: None,
            }),
        }
    }

    /// What is typed in a field.
    #[must_use]
    pub fn input(&self, field: Field) -> &Input {
        &self.typed[field as usize].input
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn wrong(&self, field: Field) -> Option<&str> {
        self.typed[field as usize].wrong.as_deref()
    }

    /// Where a key goes that is text. What was wrong there isn't known to be so any more.
    pub fn typing(&mut self) -> &mut Input {
        let typed = &mut self.typed[self.field as usize];
        typed.wrong = None;
        &mut typed.input
    }

    /// Goes so many fields on, around the end.
    pub fn turn(&mut self, by: isize) {
        let at = (self.field as usize).wrapping_add_signed(by + Field::ALL.len().cast_signed());
        self.field = Field::ALL[at % Field::ALL.len()];
    }

    /// Says what is wrong with a field, and goes there.
    pub fn refuse(&mut self, field: Field, why: String) {
        self.typed[field as usize].wrong = Some(why);
        self.field = field;
    }

    /// When the jobs would begin by what is typed, if that can be told.
    #[must_use]
    pub fn begins(&self, now: &Zoned) -> Option<Timestamp> {
        times::coming(self.text(Field::NotBefore)?, now).ok()
    }

    /// The terms and the note that are typed; nothing where a field is wrong, which is said there,
    /// and the first such field is gone to.
    pub fn read(&mut self, now: &Zoned) -> Option<(Terms, Option<String>)> {
        for typed in &mut self.typed {
            typed.wrong = None;
        }
        // From the last to the first, so that the first that is wrong is where one goes.
        let count = |text: &str| Terms::read_count(text).map(Some);
        let hold_after = self.parsed(Field::HoldAfter, count);
        let at_once = self.parsed(Field::AtOnce, count);
        let priority = self.parsed(Field::Priority, Terms::read_priority);
        let after = self.parsed(Field::After, Terms::read_after);
        let time = |text: &str| times::coming(text, now).map(Some);
        let not_before = self.parsed(Field::NotBefore, time);
        let terms = Terms {
            priority: priority?,
            not_before: not_before?,
            after: after?,
            at_once: at_once?,
            hold_after: hold_after?,
        };
        Some((terms, self.text(Field::Note).map(str::to_owned)))
    }

    fn text(&self, field: Field) -> Option<&str> {
        let text = self.input(field).value().trim();
        (!text.is_empty()).then_some(text)
    }

    /// What a field is read as, the usual where nothing is typed; nothing where it is wrong.
    fn parsed<T: Default>(
        &mut self,
        field: Field,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.text(field).map_or_else(|| Ok(T::default()), read) {
            Ok(value) => Some(value),
            Err(why) => {
                self.refuse(field, why);
                None
            }
        }
    }
}

/// The time so that it is read as the same again, in the short form where that is possible: not
/// within the hour that there is twice, nor with seconds.
fn written(at: Timestamp, zone: &TimeZone) -> String {
    let short = moment(at, zone);
    let read = times::dated(&short, &at.to_zoned(zone.clone()));
    if read == Some(at) {
        short
    } else {
        at.to_string()
    }
}

/// What jobs come after, as it is typed.
#[must_use]
pub fn after(all: &[After]) -> String {
    let written: Vec<String> = all.iter().map(After::written).collect();
    written.join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Zoned {
        "2026-11-24T21:30:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn type_in(sheet: &mut TermsSheet, field: Field, text: &str) {
        sheet.field = field;
        *sheet.typing() = text.into();
    }

    fn empty() -> TermsSheet {
        TermsSheet::of(&Instructions::default(), now().time_zone())
    }

    #[test]
    fn nothing_typed_is_the_usual_terms_and_no_note() {
        let mut sheet = empty();
        assert_eq!(sheet.read(&now()), Some((Terms::default(), None)));
        for field in Field::ALL {
            type_in(&mut sheet, field, "  ");
        }
        assert_eq!(sheet.read(&now()), Some((Terms::default(), None)));
    }

    #[test]
    fn every_field_is_read_as_the_command_line_reads_it() {
        let mut sheet = empty();
        for (field, text) in Field::ALL.into_iter().zip([
            " CHG-4711 ",
            "02:00",
            "41:westeurope, 42",
            "-1",
            "10",
            "2",
        ]) {
            type_in(&mut sheet, field, text);
        }
        let (terms, note) = sheet.read(&now()).unwrap();
        assert_eq!(note.as_deref(), Some("CHG-4711"));
        let expected = Terms {
            priority: -1,
            not_before: Some("2026-11-25T01:00:00Z".parse().unwrap()),
            after: vec!["41:westeurope".parse().unwrap(), "42".parse().unwrap()],
            at_once: Some(10),
            hold_after: Some(2),
        };
        assert_eq!(terms, expected);
        assert_eq!(sheet.begins(&now()), expected.not_before);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field_and_the_first_of_it_is_gone_to() {
        let mut sheet = empty();
        type_in(&mut sheet, Field::HoldAfter, "0");
        type_in(&mut sheet, Field::After, "41:");
        type_in(&mut sheet, Field::AtOnce, "3");
        assert_eq!(sheet.read(&now()), None);
        assert_eq!(sheet.field, Field::After);
        let wrong = Field::ALL.map(|field| sheet.wrong(field).is_some());
        assert_eq!(wrong, [false, false, true, false, false, true]);
        type_in(&mut sheet, Field::After, "41");
        assert_eq!(sheet.wrong(Field::After), None, "it is being mended");
        assert!(sheet.wrong(Field::HoldAfter).is_some());
        type_in(&mut sheet, Field::HoldAfter, "1");
        assert!(sheet.read(&now()).is_some());
    }

    #[test]
    fn fields_go_round() {
        let mut sheet = empty();
        sheet.turn(-1);
        assert_eq!(sheet.field, Field::HoldAfter);
        sheet.turn(1);
        sheet.turn(1);
        assert_eq!(sheet.field, Field::NotBefore);
    }

    #[test]
    fn a_time_is_short_where_that_is_the_same_time() {
        let zone = now().time_zone().clone();
        for (at, text) in [
            ("2026-11-25T01:00:00Z", "2026-11-25 02:00"),
            ("2026-11-25T01:00:30Z", "2026-11-25T01:00:30Z"),
            // Summer time ends, and there is 02:30 twice.
            ("2026-10-25T00:30:00Z", "2026-10-25 02:30"),
            ("2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"),
        ] {
            assert_eq!(written(at.parse().unwrap(), &zone), text);
        }
    }

    proptest! {
        #[test]
        fn what_opens_again_is_read_as_it_was(
            priority in any::<i32>(),
            ahead in proptest::option::of(0i64..2_000_000_000),
            jobs in proptest::collection::vec(1i64..1000, 0..4),
            at_once in proptest::option::of(1u32..),
            note in proptest::option::of("[a-z#][a-z 0-9,:]{0,20}[a-z]"),
        ) {
            let after = jobs.iter().map(|job| After {
                job: JobId(*job),
                part: (job % 2 == 0).then(|| "West Europe".to_owned()),
            });
            let terms = Terms {
                priority,
                not_before: ahead.map(|ahead| now().timestamp() + SignedDuration::from_secs(ahead)),
                after: after.collect(),
                at_once,
                hold_after: at_once,
            };
            let said = Instructions { undoes: None, terms: terms.clone(), note: note.clone() };
            let mut sheet = TermsSheet::of(&said, now().time_zone());
            prop_assert_eq!(sheet.read(&now()), Some((terms, note)));
        }
    }
}
