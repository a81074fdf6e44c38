use crate::actions::{JobPlan, Plan};
use crate::tui::theme::{Theme, Tone};

/// What would become of a job if the plan were submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// It begins.
    Begins,
    /// It is held until what a check found is mended.
    Held,
    /// There is nothing to do.
    Nothing,
}

impl Prospect {
    /// What would become of this one.
    #[must_use]
    pub fn of(job: &JobPlan) -> Self {
        if job.failed_check().is_some() {
            Self::Held
        } else if job.is_ready() {
            Self::Begins
        } else {
            Self::Nothing
        }
    }

    /// The word for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Begins => "begins",
            Self::Held => "held until mended",
            Self::Nothing => "nothing to do",
        }
    }

    /// How it looks; the same as in the queue.
    #[must_use]
    pub fn look(self, theme: &Theme) -> (Tone, &'static str) {
        match self {
            Self::Begins => (Tone::Active, theme.glyphs.running),
            Self::Held => (Tone::Warn, theme.glyphs.held),
            Self::Nothing => (Tone::Dim, theme.glyphs.absent),
        }
    }
}

/// How many jobs of a plan have which prospect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prospects {
    /// Those that begin.
    pub begin: usize,
    /// Those that are held.
    pub held: usize,
    /// Those with nothing to do.
    pub nothing: usize,
}

impl Prospects {
    /// Those of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut all = Self::default();
        for job in &plan.jobs {
            match Prospect::of(job) {
                Prospect::Begins => all.begin += 1,
                Prospect::Held => all.held += 1,
                Prospect::Nothing => all.nothing += 1,
            }
        }
        all
    }

    /// In few words, `2 begin, 1 held`.
    #[must_use]
    pub fn short(&self) -> String {
        let begin = if self.begin == 1 { "begins" } else { "begin" };
        let mut words = vec![format!("{} {begin}", self.begin)];
        words.extend((self.held > 0).then(|| format!("{} held", self.held)));
        words.join(", ")
    }

    /// In full, `2 jobs begin, 1 is held until mended, 1 has nothing to do`.
    #[must_use]
    pub fn words(&self) -> String {
        let of = |number: usize, one: &str, several: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {several}")),
        };
        let words = [
            of(self.begin, "job begins", "jobs begin"),
            of(self.held, "is held until mended", "are held until mended"),
            of(self.nothing, "has nothing to do", "have nothing to do"),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prospects_in_words() {
        let all = Prospects {
            begin: 2,
            held: 1,
            nothing: 1,
        };
        assert_eq!(
            all.words(),
            "2 jobs begin, 1 is held until mended, 1 has nothing to do"
        );
        assert_eq!(all.short(), "2 begin, 1 held");
        let one = Prospects {
            begin: 1,
            ..Prospects::default()
        };
        assert_eq!(
            (one.words(), one.short()),
            ("1 job begins".to_owned(), "1 begins".to_owned())
        );
    }
}
