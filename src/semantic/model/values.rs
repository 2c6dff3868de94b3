//! Values with a form of their own: times at which AWS may work on a server, and addresses.

use std::fmt;

const MINUTES_A_DAY: u32 = 24 * 60;
const MINUTES_A_WEEK: u32 = 7 * MINUTES_A_DAY;
/// RDS takes no shorter window (Amazon RDS user guide, "Working with backups", "Maintaining a DB instance").
const SHORTEST_WINDOW: u32 = 30;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A time of every day, in UTC, of at least 30 minutes. It may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyWindow {
    /// Minutes after midnight.
    start: u32,
    /// Minutes that it lasts.
    length: u32,
}

impl DailyWindow {
    /// Reads `03:00-04:00`.
    pub fn parse(text: &str) -> Option<DailyWindow> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (time_of_day(start)?, time_of_day(end)?);
        let length = (end + MINUTES_A_DAY - start) % MINUTES_A_DAY;
        (length >= SHORTEST_WINDOW).then_some(DailyWindow { start, length })
    }

    /// Whether a time of the week lies in it on some day. RDS refuses such a pair.
    pub fn overlaps(self, weekly: WeeklyWindow) -> bool {
        (0..7).any(|day| {
            let start = day * MINUTES_A_DAY + self.start;
            let until_weekly = (weekly.start + MINUTES_A_WEEK - start) % MINUTES_A_WEEK;
            let until_daily = (start + MINUTES_A_WEEK - weekly.start) % MINUTES_A_WEEK;
            until_weekly < self.length || until_daily < weekly.length
        })
    }
}

impl Default for DailyWindow {
    /// From 03:00 to 04:00.
    fn default() -> DailyWindow {
        DailyWindow { start: 3 * 60, length: 60 }
    }
}

impl fmt::Display for DailyWindow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = (self.start + self.length) % MINUTES_A_DAY;
        write!(formatter, "{}-{}", Time(self.start), Time(end))
    }
}

/// A time of every week, in UTC, of at least 30 minutes and at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyWindow {
    /// Minutes after midnight before Monday.
    start: u32,
    /// Minutes that it lasts.
    length: u32,
}

impl WeeklyWindow {
    /// Reads `mon:04:00-mon:05:00`.
    pub fn parse(text: &str) -> Option<WeeklyWindow> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (time_of_week(start)?, time_of_week(end)?);
        let length = (end + MINUTES_A_WEEK - start) % MINUTES_A_WEEK;
        (SHORTEST_WINDOW..=MINUTES_A_DAY).contains(&length).then_some(WeeklyWindow { start, length })
    }
}

impl Default for WeeklyWindow {
    /// Monday from 04:00 to 05:00.
    fn default() -> WeeklyWindow {
        WeeklyWindow { start: 4 * 60, length: 60 }
    }
}

impl fmt::Display for WeeklyWindow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = (self.start + self.length) % MINUTES_A_WEEK;
        let day = |minute: u32| DAYS[(minute / MINUTES_A_DAY) as usize % DAYS.len()];
        let time = |minute: u32| Time(minute % MINUTES_A_DAY);
        write!(formatter, "{}:{}-{}:{}", day(self.start), time(self.start), day(end), time(end))
    }
}

/// Minutes after midnight as `03:00`.
struct Time(u32);

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

fn time_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|known| *known == day)?;
    Some(u32::try_from(day).ok()? * MINUTES_A_DAY + time_of_day(time)?)
}

fn time_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, below: u32| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_plain && *number < below)
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
}

/// A host and a port of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// A name of DNS or an IPv4 address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Endpoint {
    /// Most bytes of a name of DNS (RFC 1035, section 2.3.4, without the last dot).
    const LONGEST_HOST: usize = 253;

    /// Reads `kafka-1.example:9093`.
    pub fn parse(text: &str) -> Option<Endpoint> {
        let (host, port) = text.split_once(':')?;
        let is_label = |label: &str| {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(inside)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_host = host.len() <= Endpoint::LONGEST_HOST && host.split('.').all(is_label);
        let port = port.parse().ok().filter(|number| is_host && *number > 0 && !port.starts_with('+'))?;
        Some(Endpoint { host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

/// Reads a network such as `10.0.0.0/16`: an address of which no bit stands behind the prefix.
pub fn parse_network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().filter(|network: &ipnet::IpNet| network.trunc() == *network)
}

/// Whether a text is a class of an RDS instance: `db`, then a family and a size. Which there are, AWS says.
pub fn is_instance_class(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let mut parts = text.split('.');
    parts.next() == Some("db") && parts.clone().count() >= 2 && parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_printed_as_they_were_read() {
        for text in ["03:00-04:00", "23:45-00:15", "00:00-23:59"] {
            assert_eq!(DailyWindow::parse(text).map(|window| window.to_string()).as_deref(), Some(text));
        }
        for text in ["mon:04:00-mon:05:00", "sun:23:45-mon:00:15", "sat:12:00-sun:12:00"] {
            assert_eq!(WeeklyWindow::parse(text).map(|window| window.to_string()).as_deref(), Some(text));
        }
        assert_eq!(DailyWindow::parse("03:00-04:00"), Some(DailyWindow::default()));
        assert_eq!(WeeklyWindow::parse("mon:04:00-mon:05:00"), Some(WeeklyWindow::default()));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "03:00",
            "3:00-4:00",
            "03:00-03:29",
            "03:00-03:00",
            "24:00-01:00",
            "+3:00-04:00",
            "03:60-05:00",
        ] {
            assert_eq!(DailyWindow::parse(text), None, "{text}");
        }
        for text in [
            "04:00-05:00",
            "Mon:04:00-mon:05:00",
            "mon:04:00-tue:04:01",
            "mon:04:00-mon:04:10",
            "xyz:04:00-mon:05:00",
        ] {
            assert_eq!(WeeklyWindow::parse(text), None, "{text}");
        }
    }

    #[test]
    fn windows_that_meet_on_some_day_overlap() {
        let overlap = |daily, weekly| {
            DailyWindow::parse(daily).expect("daily").overlaps(WeeklyWindow::parse(weekly).expect("weekly"))
        };
        assert!(!overlap("03:00-04:00", "mon:04:00-mon:05:00"));
        assert!(overlap("03:00-04:01", "mon:04:00-mon:05:00"));
        assert!(overlap("04:30-05:30", "mon:04:00-mon:05:00"));
        assert!(overlap("23:30-00:30", "mon:00:00-mon:01:00"));
        assert!(overlap("00:00-00:30", "sun:23:45-mon:00:15"));
        assert!(!overlap("00:15-00:45", "sun:23:45-mon:00:15"));
    }

    #[test]
    fn endpoints_are_hosts_with_ports() {
        let endpoint = Endpoint::parse("b-1.example:9094").expect("an endpoint");
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("b-1.example", 9094));
        assert_eq!(endpoint.to_string(), "b-1.example:9094");
        for text in [
            "",
            "host",
            "host:",
            "host:0",
            "host:65536",
            "host:+1",
            ":9092",
            "a..b:1",
            "-a:1",
            "a_b:1",
            "a:1:2",
        ] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn classes_are_a_family_and_a_size() {
        for class in ["db.t3.medium", "db.x2iedn.32xlarge", "db.r5b.large.tpc2.mem2x"] {
            assert!(is_instance_class(class), "{class}");
        }
        for text in ["", "t3.medium", "db.t3", "db..medium", "db.t3.Medium", "db.t3.me dium", "db.t3.${x}"] {
            assert!(!is_instance_class(text), "{text}");
        }
    }

    #[test]
    fn networks_have_no_bit_behind_their_prefix() {
        assert!(parse_network("10.0.0.0/16").is_some());
        assert!(parse_network("fd00::/8").is_some());
        for text in ["10.0.0.1/16", "10.0.0.0", "10.0.0.0/33", "example/8"] {
            assert_eq!(parse_network(text), None, "{text}");
        }
    }
}
