//! Takes commands out of a page of docs/, so that tests run what readers read.

/// A page in Markdown.
pub(crate) struct Page(Vec<Section>);

/// What stands under one heading, up to the next of any level.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        let mut sections = Vec::new();
        let mut section = Section { title: String::new(), text: String::new() };
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.starts_with("```");
            if !fenced && line.starts_with('#') {
                sections.push(section);
                let title = line.trim_start_matches('#').trim().to_owned();
                section = Section { title, text: String::new() };
            } else {
                section.text += line;
                section.text.push('\n');
            }
        }
        sections.push(section);
        Self(sections)
    }

    /// The section with this heading.
    pub(crate) fn section(&self, title: &str) -> Section {
        let found = self.0.iter().find(|section| section.title == title);
        found.unwrap_or_else(|| panic!("the page has no section {title:?}")).clone()
    }

    /// All fenced blocks whose info string is `kind`.
    pub(crate) fn blocks(&self, kind: &str) -> Vec<String> {
        self.0.iter().flat_map(|section| section.blocks(kind)).collect()
    }
}

impl Section {
    /// The fenced blocks whose info string is `kind`.
    pub(crate) fn blocks(&self, kind: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut rest = self.text.as_str();
        while let Some((_, opened)) = rest.split_once("```") {
            let Some((block, after)) = opened.split_once("```") else { break };
            if let Some((info, body)) = block.split_once('\n').filter(|(info, _)| *info == kind) {
                assert_eq!(info, kind);
                blocks.push(body.to_owned());
            }
            rest = after;
        }
        blocks
    }
}
