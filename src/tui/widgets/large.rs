//! Letters and digits three rows high, for what is read from across a desk. No two look alike: a
//! zero is crossed, an O isn't.

/// Five rows of five points each, the lowest bit on the right.
const LETTERS: [(char, [u8; 5]); 37] = [
    ('A', [0b01110, 0b10001, 0b11111, 0b10001, 0b10001]),
    ('B', [0b11110, 0b10001, 0b11110, 0b10001, 0b11110]),
    ('C', [0b01111, 0b10000, 0b10000, 0b10000, 0b01111]),
    ('D', [0b11110, 0b10001, 0b10001, 0b10001, 0b11110]),
    ('E', [0b11111, 0b10000, 0b11110, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b11110, 0b10000, 0b10000]),
    ('G', [0b01111, 0b10000, 0b10011, 0b10001, 0b01111]),
    ('H', [0b10001, 0b10001, 0b11111, 0b10001, 0b10001]),
    ('I', [0b11111, 0b00100, 0b00100, 0b00100, 0b11111]),
    ('J', [0b00111, 0b00010, 0b00010, 0b10010, 0b01100]),
    ('K', [0b10001, 0b10010, 0b11100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10001, 0b10001]),
    ('N', [0b10001, 0b11001, 0b10101, 0b10011, 0b10001]),
    ('O', [0b01110, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('P', [0b11110, 0b10001, 0b11110, 0b10000, 0b10000]),
    ('Q', [0b01110, 0b10001, 0b10101, 0b10010, 0b01101]),
    ('R', [0b11110, 0b10001, 0b11110, 0b10010, 0b10001]),
    ('S', [0b01111, 0b10000, 0b01110, 0b00001, 0b11110]),
    ('T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('U', [0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10101, 0b11011, 0b10001]),
    ('X', [0b10001, 0b01010, 0b00100, 0b01010, 0b10001]),
    ('Y', [0b10001, 0b01010, 0b00100, 0b00100, 0b00100]),
    ('Z', [0b11111, 0b00010, 0b00100, 0b01000, 0b11111]),
    ('0', [0b01110, 0b10011, 0b10101, 0b11001, 0b01110]),
    ('1', [0b00100, 0b01100, 0b00100, 0b00100, 0b01110]),
    ('2', [0b11110, 0b00001, 0b01110, 0b10000, 0b11111]),
    ('3', [0b11110, 0b00001, 0b00110, 0b00001, 0b11110]),
    ('4', [0b10010, 0b10010, 0b11111, 0b00010, 0b00010]),
    ('5', [0b11111, 0b10000, 0b11110, 0b00001, 0b11110]),
    ('6', [0b01110, 0b10000, 0b11110, 0b10001, 0b01110]),
    ('7', [0b11111, 0b00001, 0b00010, 0b00100, 0b00100]),
    ('8', [0b01110, 0b10001, 0b01110, 0b10001, 0b01110]),
    ('9', [0b01110, 0b10001, 0b01111, 0b00001, 0b01110]),
    ('-', [0b00000, 0b00000, 0b01110, 0b00000, 0b00000]),
];

/// The text in large letters; nothing where one of its characters isn't drawn.
#[must_use]
pub fn rows(text: &str) -> Option<[String; 3]> {
    let letters = text.chars().map(|character| {
        let known = LETTERS.iter().find(|(known, _)| *known == character);
        known.map(|(_, points)| *points)
    });
    let letters: Vec<[u8; 5]> = letters.collect::<Option<_>>()?;
    let row = |upper: usize, lower: usize| {
        let drawn = letters.iter().map(|points| {
            let line = |row: usize| points.get(row).copied().unwrap_or_default();
            (0..5)
                .rev()
                .map(|bit| point(line(upper), line(lower), bit))
                .collect::<String>()
        });
        drawn.collect::<Vec<_>>().join(" ")
    };
    Some([row(0, 1), row(2, 3), row(4, 5)])
}

/// Two points, one above the other, in one cell.
fn point(upper: u8, lower: u8, bit: u8) -> char {
    match (upper >> bit & 1, lower >> bit & 1) {
        (0, 0) => ' ',
        (_, 0) => '▀',
        (0, _) => '▄',
        _ => '█',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_letters_look_alike() {
        for (index, (one, points)) in LETTERS.iter().enumerate() {
            for (other, others) in &LETTERS[index + 1..] {
                let apart: u32 = points
                    .iter()
                    .zip(others)
                    .map(|(a, b)| (a ^ b).count_ones())
                    .sum();
                assert!(apart >= 2, "{one} and {other}");
            }
        }
    }

    #[test]
    fn what_is_not_drawn_is_told() {
        let [top, middle, bottom] = rows("T1").unwrap();
        assert_eq!(top, "▀▀█▀▀  ▄█  ");
        assert_eq!(middle, "  █     █  ");
        assert_eq!(bottom, "  ▀    ▀▀▀ ");
        assert_eq!(rows("a"), None);
        assert_eq!(rows("Ä1"), None);
    }
}
