//! Why a row may not be imported: each reason has a name, so that a screen can say it in the reader's language, and
//! an English sentence for the command line.

use crate::domain::area::AreaLevel;
use crate::domain::names::named_enum;
use crate::domain::opening::OpeningError;
use crate::domain::phone_number::PhoneNumberError;

named_enum! {
    /// Names a sentence of the screens, `row-` before it.
    pub enum Why {
        Empty = "empty",
        /// With `text` and `known`.
        NoneOf = "none_of",
        BadNumberLength = "bad_number_length",
        BadNumberCharacter = "bad_number_character",
        /// With `text`.
        NoDate = "no_date",
        IdNumberDigits = "id_number_digits",
        IdNumberCheck = "id_number_check",
        /// With `text`.
        NoAreaCode = "no_area_code",
        /// With `text`.
        NoArea = "no_area",
        /// With `text`, in file and store.
        NoAreaAnywhere = "no_area_anywhere",
        /// With `text` and `count`.
        AreaAmbiguous = "area_ambiguous",
        /// With `text` and `level`.
        OtherLevel = "other_level",
        /// With `text` and `parent`.
        NotWithin = "not_within",
        /// With `text`.
        NoStation = "no_station",
        /// With `text`.
        NoStationServes = "no_station_serves",
        /// With `text` and `tier`.
        OtherTier = "other_tier",
        /// With `text`.
        AreaOfOtherTier = "area_of_other_tier",
        PersonNumber = "person_number",
        /// With `most`.
        TooLong = "too_long",
        ContactNumber = "contact_number",
        ContactName = "contact_name",
        /// With `most`.
        TooManyPeople = "too_many_people",
        /// With `text`.
        NoHelpNumber = "no_help_number",
        TicketCode = "ticket_code",
        /// With `text`.
        NobodyToRing = "nobody_to_ring",
        /// With `text`.
        BadExtension = "bad_extension",
        Badge = "badge",
        /// With `text`.
        NoYear = "no_year",
        /// With `text`.
        NoCategory = "no_category",
        /// With `text`.
        NotForVolunteers = "not_for_volunteers",
        /// With `text`.
        NotForInstitutions = "not_for_institutions",
        NoNoticePhone = "no_notice_phone",
        NoticeNoMobile = "notice_no_mobile",
        /// A note, no fault.
        StationUntold = "station_untold",
        /// With `text`.
        FacilityNumber = "facility_number",
        /// With `text` and `most`.
        NoPlaces = "no_places",
        /// With `text` and `most`.
        NoDegrees = "no_degrees",
        HalfAPosition = "half_a_position",
        /// With `text`.
        NoLastDay = "no_last_day",
        /// With `text`.
        NoHours = "no_hours",
        /// With `text`.
        NoOpeningHours = "no_opening_hours",
        /// With `text`.
        HoursBackwards = "hours_backwards",
        /// With `text`.
        HoursOverlap = "hours_overlap",
        NoOwner = "no_owner",
        /// With `text` and `id_column`.
        NobodyHasNumber = "nobody_has_number",
        /// With `text` and `id_column`.
        SeveralHaveNumber = "several_have_number",
        /// With `text`.
        NoPersonOfId = "no_person_of_id",
        /// With `text`.
        NoDeviceKey = "no_device_key",
        /// With `text`.
        DeviceKeyTwice = "device_key_twice",
        /// With `text`.
        DeviceUrgency = "device_urgency",
        /// With `text`.
        CareKindNotMade = "care_kind_not_made",
        NumberAbroad = "number_abroad",
        /// With `text`: the part that is not understood.
        NoRule = "no_rule",
        /// With `text`.
        NoTime = "no_time",
        /// With `text` and `hours`.
        OutsideCallingHours = "outside_calling_hours",
        /// With `text`.
        NoContact = "no_contact",
        EndsBeforeItBegins = "ends_before_it_begins",
        /// With `text`, `known` and `setting`.
        NoJurisdiction = "no_jurisdiction",
        /// With `line`.
        Twin = "twin",
        /// With `line`.
        TwinNumber = "twin_number",
        // ── of the whole file ──
        /// With `error`.
        HeaderUnread = "header_unread",
        /// With `error`.
        RowUnread = "row_unread",
        /// With `most`.
        TooManyRows = "too_many_rows",
        NoRows = "no_rows",
        /// With `count` and `columns`.
        OtherFields = "other_fields",
        /// With `most`.
        FieldTooLong = "field_too_long",
        Utf16 = "utf16",
        NoEncoding = "no_encoding",
        /// With `text` and `known`.
        UnknownColumn = "unknown_column",
        /// With `text`.
        TwoColumns = "two_columns",
        /// With `text` and `also`.
        MissingColumn = "missing_column",
    }
}

impl Why {
    #[expect(clippy::too_many_lines, reason = "a table, a sentence a reason")]
    const fn english(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::NoneOf => "\"{text}\" is none of {known}",
            Self::BadNumberLength => "7 to 15 digits are needed for a number",
            Self::BadNumberCharacter => "only digits, spaces, dashes and one leading + may stand in a number",
            Self::NoDate => "\"{text}\" is no date: write it as 1948-05-01",
            Self::IdNumberDigits => "an ID number has 18 digits, the last may be X",
            Self::IdNumberCheck => {
                "the last character of the ID number does not fit the others: a digit is wrong"
            }
            Self::NoAreaCode => "\"{text}\" is no code of an area: write 6, 9 or 12 digits",
            Self::NoArea => "there is no area {text}",
            Self::NoAreaAnywhere => "there is no area {text}, neither in the file nor in the store",
            Self::AreaAmbiguous => "{count} areas are called \"{text}\": write the code, or street/committee",
            Self::OtherLevel => "{text} is the code of a {level}",
            Self::NotWithin => "{text} does not lie in {parent}",
            Self::NoStation => "no station is called or answers \"{text}\"",
            Self::NoStationServes => "is empty, and no station serves the area above",
            Self::OtherTier => "{text} is no {tier} station",
            Self::AreaOfOtherTier => "the area {text} is of another tier",
            Self::PersonNumber => "a person's number is a whole number above 0",
            Self::TooLong => "at most {most} characters",
            Self::ContactNumber => "is empty: the contact in contact_name needs a number",
            Self::ContactName => "is empty: the contact in contact_phone needs a name",
            Self::TooManyPeople => "at most {most} people",
            Self::NoHelpNumber => "\"{text}\" is no number of 3 to 15 digits",
            Self::TicketCode => "write 1 to 999: the three digits of the station in ticket numbers",
            Self::NobodyToRing => {
                "\"{text}\" is nobody who can be rung: write a number, sip:user@host or an extension as ext:201"
            }
            Self::BadExtension => "\"{text}\" is no extension: write ext: and its 3 to 5 digits, as ext:201",
            Self::Badge => "a badge number has five digits, the first no 0",
            Self::NoYear => "\"{text}\" is no year",
            Self::NoCategory => "the catalogue has no category \"{text}\"",
            Self::NotForVolunteers => "{text} is not for volunteers",
            Self::NotForInstitutions => "{text} is not for institutions",
            Self::NoNoticePhone => "is empty; who takes work is told of it by text",
            Self::NoticeNoMobile => "is no mobile; who takes work is told of it by text",
            Self::StationUntold => "is empty; nobody tells this station of its work: a person has to ring it",
            Self::FacilityNumber => "\"{text}\" is no number above 0",
            Self::NoPlaces => "\"{text}\" is no number of places up to {most}",
            Self::NoDegrees => "\"{text}\" is no number of degrees up to {most}: write it as 36.0951",
            Self::HalfAPosition => "is empty: latitude and longitude are written both or neither",
            Self::NoLastDay => "\"{text}\" lacks its last day: write it as first_aid:2027-05-01",
            Self::NoHours => "\"{text}\" names no hours: write them as 周一-周五 8-18",
            Self::NoOpeningHours => {
                "\"{text}\" names no hours: write days and hours as 周一-周五 8:30-12:00 13:00-17:30; 周六 9-12, \
                 else working or always"
            }
            Self::HoursBackwards => {
                "\"{text}\" ends before it begins: write two spans, one on each side of midnight"
            }
            Self::HoursOverlap => "\"{text}\" overlaps other hours of the same day: name each hour once",
            Self::NoOwner => "is empty, and so is owner_id: one of them says whose the device is",
            Self::NobodyHasNumber => {
                "nobody in the register has the number {text}: import people first, or write {id_column}"
            }
            Self::SeveralHaveNumber => "several people have the number {text}: write {id_column}",
            Self::NoPersonOfId => "nobody in the register has the id {text}",
            Self::NoDeviceKey => "\"{text}\" is no key: write it as 1=EMG-01, 2=ELD-07/P2 or *=test",
            Self::DeviceKeyTwice => "the key {text} is there twice",
            Self::DeviceUrgency => "\"{text}\" is no urgency of a key: write P1 or P2, or leave it out",
            Self::CareKindNotMade => "{text} is not made by the line: only care_call is",
            Self::NumberAbroad => "is a number of another country: the line rings none by itself",
            Self::NoRule => {
                "{text}: write FREQ=DAILY or FREQ=WEEKLY;BYDAY=MO,TH, with INTERVAL=2 for every other"
            }
            Self::NoTime => "\"{text}\" is no time of the day: write it as 9:30",
            Self::OutsideCallingHours => "{text} lies outside the hours in which residents are rung, {hours}",
            Self::NoContact => "\"{text}\" is no contact: write name and number as 女儿=13900000002",
            Self::EndsBeforeItBegins => "is before the first day",
            Self::NoJurisdiction => {
                "\"{text}\" is neither this region nor one with which it was agreed ({known}): write one of these, or name \
                 it under {setting} of [agreements] of the policy first"
            }
            Self::Twin => "is the same as in line {line}",
            Self::TwinNumber => "is the same as in line {line}: write household where a telephone is shared",
            Self::HeaderUnread => "the header cannot be read: {error}",
            Self::RowUnread => "the row cannot be read: {error}",
            Self::TooManyRows => "more than {most} rows: split the file",
            Self::NoRows => "no row follows the header",
            Self::OtherFields => {
                "has {count} fields, the header {columns}: quote a field that has a comma in it"
            }
            Self::FieldTooLong => "a field is longer than {most} characters",
            Self::Utf16 => "the file is UTF-16: save it as \"CSV UTF-8\"",
            Self::NoEncoding => "the file is neither UTF-8 nor GB18030: save it as \"CSV UTF-8\"",
            Self::UnknownColumn => "there is no column \"{text}\"; known: {known}",
            Self::TwoColumns => "two columns are {text}",
            Self::MissingColumn => "the column {text} ({also}) is missing",
        }
    }
}

/// Why a row may not be imported, in which column, with what its sentence is filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub why: Why,
    pub column: Option<&'static str>,
    pub values: Vec<(&'static str, String)>,
}

impl Reason {
    pub(super) fn new(why: Why) -> Self {
        Self { why, column: None, values: Vec::new() }
    }

    /// With one thing filled in.
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// About a value somebody wrote.
    pub(super) fn of(why: Why, text: impl ToString) -> Self {
        Self::new(why).with("text", text)
    }

    /// In this column, unless a narrower one is named.
    pub(super) fn at(mut self, column: &'static str) -> Self {
        self.column.get_or_insert(column);
        self
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sentence = self.why.english().to_owned();
        for (name, value) in &self.values {
            sentence = sentence.replace(&format!("{{{name}}}"), value);
        }
        match self.column {
            // Read aloud, an empty column is what is empty.
            Some(column) if sentence.starts_with("is empty") => write!(f, "{column} {sentence}"),
            Some(column) => write!(f, "{column}: {sentence}"),
            None => f.write_str(&sentence),
        }
    }
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        Self::new(why)
    }
}

impl From<PhoneNumberError> for Reason {
    fn from(error: PhoneNumberError) -> Self {
        Self::new(match error {
            PhoneNumberError::BadLength { .. } => Why::BadNumberLength,
            PhoneNumberError::BadCharacter => Why::BadNumberCharacter,
        })
    }
}

impl From<OpeningError> for Reason {
    fn from(error: OpeningError) -> Self {
        match error {
            OpeningError::Unreadable(part) => Self::of(Why::NoOpeningHours, part),
            OpeningError::Backwards(part) => Self::of(Why::HoursBackwards, part),
            OpeningError::Overlaps(part) => Self::of(Why::HoursOverlap, part),
        }
    }
}

/// Another level than the code has.
pub(super) fn other_level(code: &str, level: AreaLevel) -> Reason {
    Reason::of(Why::OtherLevel, code).with("level", level)
}
