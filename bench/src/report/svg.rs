//! A drawing as SVG text: a panel of its own colour, so that it reads on light and dark pages.

use std::fmt::Write as _;

/// A drawing that grows.
pub(super) struct Drawing {
    body: String,
    width: u32,
    height: u32,
}

/// Which colour; the style gives each one for light and one for dark.
#[derive(Clone, Copy)]
pub(super) enum Colour {
    /// Ours.
    First,
    /// Others.
    Second,
    /// What lies between or behind.
    Third,
}

/// Where a text is anchored.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    /// At its beginning.
    Start,
    /// At its end.
    End,
    /// In its middle.
    Middle,
}

const STYLE: &str = "\
    .panel{fill:#fff}.text{fill:#24292f}.line{stroke:#d0d7de}.a{fill:#0969da}.b{fill:#8c959f}.c{fill:#bf8700}\
    @media(prefers-color-scheme:dark){.panel{fill:#0d1117}.text{fill:#e6edf3}.line{stroke:#30363d}\
    .a{fill:#58a6ff}.b{fill:#6e7681}.c{fill:#d29922}}\
    text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif}.small{font-size:11px}";

impl Drawing {
    /// An empty panel.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { body: String::new(), width, height }
    }

    /// A bar.
    pub(super) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: Colour) {
        let class = colour.class();
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\"/>"
        ));
    }

    /// A dot.
    pub(super) fn dot(&mut self, x: f64, y: f64, colour: Colour) {
        let class = colour.class();
        self.put(format_args!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>"));
    }

    /// A thin line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.put(format_args!(
            "<line class=\"line\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A text, small or not.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, small: bool, text: &str) {
        let class = if small { "text small" } else { "text" };
        let (anchor, text) = (anchor.name(), escaped(text));
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The file's text. `title` and `description` are what a screen reader says.
    pub(super) fn finish(self, title: &str, description: &str) -> String {
        let Self { body, width, height } = self;
        let (title, description) = (escaped(title), escaped(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"t d\">\n\
             <title id=\"t\">{title}</title>\n<desc id=\"d\">{description}</desc>\n\
             <style>{STYLE}</style>\n\
             <rect class=\"panel\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n{body}</svg>\n"
        )
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

impl Colour {
    fn class(self) -> &'static str {
        match self {
            Self::First => "a",
            Self::Second => "b",
            Self::Third => "c",
        }
    }
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
            Self::Middle => "middle",
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_end_an_element() {
        let mut drawing = Drawing::new(10, 10);
        drawing.text(1.0, 2.0, Anchor::Start, false, "p99 < 1 & </text>");
        let svg = drawing.finish("a & b", "");
        assert!(svg.contains(">p99 &lt; 1 &amp; &lt;/text&gt;</text>"));
        assert!(svg.contains("<title id=\"t\">a &amp; b</title>"));
    }
}
