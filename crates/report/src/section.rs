//! How an experiment builds its section: the answer, claims and checks, figures and tables, in the order of a reader.

use crate::content::{Check, Claim, Evidence, Figure, Found, Section, Table};

/// A section without content. Its name is the experiment's, and begins the names of everything in it.
pub fn section(experiment: &str, title: &str) -> Section {
    Section {
        experiment: experiment.to_owned(),
        title: title.to_owned(),
        headline: String::new(),
        introduction: Vec::new(),
        claims: Vec::new(),
        checks: Vec::new(),
        figures: Vec::new(),
        tables: Vec::new(),
        discussion: Vec::new(),
        settings: String::new(),
    }
}

impl Section {
    /// The answer to the question in the title, one sentence.
    pub fn answer(mut self, sentence: impl Into<String>) -> Self {
        self.headline = sentence.into();
        self
    }

    /// A paragraph before the figures: what is done, with the numbers of this run.
    pub fn text(mut self, paragraph: impl Into<String>) -> Self {
        self.introduction.push(paragraph.into());
        self
    }

    /// A statement of a source that was judged.
    pub fn claim(mut self, claim: Claim) -> Self {
        let id = format!("{}/{}", self.experiment, claim.id);
        self.claims.push(Claim { id, experiment: self.experiment.clone(), ..claim });
        self
    }

    /// Several of them.
    pub fn claims(self, claims: impl IntoIterator<Item = Claim>) -> Self {
        claims.into_iter().fold(self, Self::claim)
    }

    /// A test of ours.
    pub fn check(mut self, check: Check) -> Self {
        let id = format!("{}/{}", self.experiment, check.id);
        self.checks.push(Check { id, experiment: self.experiment.clone(), ..check });
        self
    }

    /// Several of them.
    pub fn checks(self, checks: impl IntoIterator<Item = Check>) -> Self {
        checks.into_iter().fold(self, Self::check)
    }

    /// A figure.
    pub fn figure(mut self, figure: Figure) -> Self {
        let id = format!("{}-{}", self.experiment, figure.id);
        self.figures.push(Figure { id, ..figure });
        self
    }

    /// Several of them.
    pub fn figures(self, figures: impl IntoIterator<Item = Figure>) -> Self {
        figures.into_iter().fold(self, Self::figure)
    }

    /// A table. One without an id of its own has the experiment's name.
    pub fn table(mut self, table: impl Into<Table>) -> Self {
        let table = table.into();
        let id = match table.id.as_str() {
            "" => self.experiment.clone(),
            id => format!("{}-{id}", self.experiment),
        };
        self.tables.push(Table { id, ..table });
        self
    }

    /// Several of them.
    pub fn tables<T: Into<Table>>(self, tables: impl IntoIterator<Item = T>) -> Self {
        tables.into_iter().fold(self, Self::table)
    }

    /// A paragraph after the tables.
    pub fn discussion(mut self, paragraph: impl Into<String>) -> Self {
        self.discussion.push(paragraph.into());
        self
    }
}

impl Evidence {
    /// A quantity and its value, an `Estimate` or an exact number; `None` where it has none, such as a reading off its scale.
    pub fn new(quantity: impl Into<String>, found: Option<impl Into<Found>>) -> Self {
        Self { quantity: quantity.into(), found: found.map(Into::into) }
    }
}

impl Claim {
    /// One more quantity that bears on the statement.
    pub fn and(mut self, quantity: impl Into<String>, found: Option<impl Into<Found>>) -> Self {
        self.evidence.push(Evidence::new(quantity, found));
        self
    }

    /// Several of them.
    pub fn and_all<Q: Into<String>, F: Into<Found>>(
        self,
        evidence: impl IntoIterator<Item = (Q, Option<F>)>,
    ) -> Self {
        evidence.into_iter().fold(self, |claim, (quantity, found)| claim.and(quantity, found))
    }
}

impl Check {
    /// One more quantity that bears on it.
    pub fn and(mut self, quantity: impl Into<String>, found: Option<impl Into<Found>>) -> Self {
        self.evidence.push(Evidence::new(quantity, found));
        self
    }
}

impl From<f64> for Found {
    fn from(exact: f64) -> Self {
        Self { mean: exact, error: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use crate::Verdict;
    use crate::example::claim;

    #[test]
    fn evidence_stands_in_its_order() {
        let claim = claim("a/b", Verdict::Reproduced);
        let count = claim.evidence.len();
        let claim = claim.and_all([("one", Some(1.0)), ("none", None)]);
        let added = &claim.evidence[count..];
        assert_eq!(added.iter().map(|e| e.quantity.as_str()).collect::<Vec<_>>(), ["one", "none"]);
        assert!(added[0].found.is_some() && added[1].found.is_none());
    }
}
