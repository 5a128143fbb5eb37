//! Rows as CSV (RFC 4180, with line feeds).

use kwhen::text::csv_field;

/// A header and rows.
#[derive(Debug)]
pub struct Csv {
    text: String,
}

impl Csv {
    /// With a header alone.
    pub fn new(header: &[&str]) -> Self {
        let mut csv = Self { text: String::new() };
        csv.row(header);
        csv
    }

    /// A further row.
    pub fn row<T: AsRef<str>>(&mut self, fields: &[T]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.text.push_str(&csv_field(field.as_ref()));
        }
        self.text.push('\n');
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::Csv;

    #[test]
    fn fields_are_safe_to_open() {
        let mut csv = Csv::new(&["a", "b"]);
        csv.row(&["1,5", "say \"when\""]);
        csv.row(&["-1.5", "=1+1"]);
        assert_eq!(csv.into_text(), "a,b\n\"1,5\",\"say \"\"when\"\"\"\n-1.5,'=1+1\n");
    }
}
