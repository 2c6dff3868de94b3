//! From byte offsets to lines and columns, in logarithmic time.

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters (Unicode scalar values).
    pub column: u32,
}

/// Where each line of a text begins.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads a text once. A line ends with a line feed.
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        LineIndex { starts }
    }

    /// How many lines the text has; a text that ends with a line feed has an empty last line.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The first byte of a line counted from 0.
    pub fn line_start(&self, line: usize) -> Option<u32> {
        self.starts.get(line).copied()
    }

    /// The line, counted from 0, that holds a byte.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Line and column of a byte of the text that this index was made from.
    pub fn line_column(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.line_of(offset);
        let before = self.text_before(text, line, offset);
        LineColumn { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// The column from 0 in UTF-16 code units, as editors count.
    pub fn utf16_column(&self, text: &str, offset: u32) -> u32 {
        self.text_before(text, self.line_of(offset), offset).encode_utf16().count() as u32
    }

    fn text_before<'a>(&self, text: &'a str, line: usize, offset: u32) -> &'a str {
        let start = self.starts[line] as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(start..end).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_after_non_ascii_text() {
        let text = "a\nñ€𝄞x\n";
        let index = LineIndex::new(text);
        let offset = text.find('x').unwrap_or(0) as u32;
        assert_eq!(index.line_column(text, offset), LineColumn { line: 2, column: 4 });
        assert_eq!(index.utf16_column(text, offset), 4);
        assert_eq!(index.line_column(text, text.len() as u32), LineColumn { line: 3, column: 1 });
    }

    #[test]
    fn an_offset_past_the_end_or_inside_a_character_is_no_panic() {
        let index = LineIndex::new("é");
        assert_eq!(index.line_column("é", 1), LineColumn { line: 1, column: 1 });
        assert_eq!(index.line_column("é", 99), LineColumn { line: 1, column: 2 });
    }
}
