// Orders versions as cargo does. Reads pairs, a line each, tab-separated, and answers <, =, > or invalid.
use semver::Version;
use std::cmp::Ordering;
use std::io::{stdin, BufRead};

fn main() {
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (a, b) = line.split_once('\t').unwrap_or((&line, ""));
        let answer = match (Version::parse(a), Version::parse(b)) {
            (Ok(a), Ok(b)) => match a.cmp_precedence(&b) {
                Ordering::Less => "<",
                Ordering::Equal => "=",
                Ordering::Greater => ">",
            },
            _ => "invalid",
        };
        println!("{}", answer);
    }
}
