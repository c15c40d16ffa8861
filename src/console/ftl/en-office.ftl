# refusals, candidates and the pages of the administration
# why the desk says no
comma = {", "}
no-ticket_not_open = No such ticket is open. Look it up by its number.
no-ticket_changed = Somebody has just changed it. Look at the change first:
no-ticket_over = The ticket is not open any more. Reopen it first.
no-other_station = The ticket belongs to a station you have no part at. Ask its dispatcher.
no-other_part = This is for { $parts } of the station or above. Ask one of them.
no-not_from_here = The ticket is “{ $state }”: “{ $move }” is not possible. Look where it stands.
no-not_by_you = “{ $move }” is not for a { $actor } to do. Ask a colleague whose part it is.
no-no_such_volunteer = No volunteer has this badge number. Check its five digits.
no-may_not_be_asked = Cannot be asked: { $en }. Choose another candidate.
no-too_many_offers = This telephone has too many offers. Ask somebody else.
no-callback_over = This call-back is dealt with already. Go back to the list.
no-is_being_rung = This number is being rung. Wait until the call is over.
no-no_station_named = Which station receives it? Choose one.
no-no_such_station = There is no such station. Choose again.
no-no_such_institution = There is no such institution. Choose again.
no-may_not_be_told = This institution cannot be told: { $en }. Choose another one.
no-no_such_category = The catalogue has no { $code }. Choose again.
no-no_such_area = No area has the code { $code }. Choose street and committee again.
no-numbers_used_up = Every number of the day is given at this station. Take it in at the station above.
no-no_words = Say why, in a few words.
no-too_many_words = At most 4,000 characters can be kept. Write less.
no-left_intake = It has left intake. Change its urgency or category with their own forms.
no-use_withdraw = The resident has to have said so. Use “withdraw” and write down their words.
no-district_ruled = The district has ruled. Handle it, or ask it to rule again.
no-void_not_proposed = An operator has to propose it first, with a reason, before a supervisor confirms.
no-nothing_to_merge = No other ticket with this number is open. Check the number.
no-nothing_for_staff = Nothing of this ticket waits for staff. Look again.
no-volunteers_at_work = Volunteers are at work on it. Ask them, or reassign it.
no-nothing_to_ask_for = Nobody is looked for now: the ticket has no category yet, or its work is done.
no-desk_busy = The desk is busy and nothing was done. Try again in a moment.
no-desk_silent = The desk did not answer in time. Look whether it was done before you repeat it.
no-no_consultation = Only a consultation may be closed by an answer. Dispatch it, or choose such a category.
no-no_category = The category is missing. Choose one.
no-no_area = The place is missing. Choose street and committee.
no-no_address = The address is missing: somebody has to go there. Ask for the door.
no-no_phone = The telephone number is missing. Note it, or that the caller stays anonymous.
no-void_reason_not_here = This reason holds for tickets in intake only. Choose another.
no-proposed_by_you = Whoever proposed it cannot confirm it. Ask another supervisor.
no-return_window_over = The time for giving it back is over. Handle it, or ask the dispatcher to reassign it.
no-no_resume_time = A suspension needs an end in the future. Name the day it is taken up again.
no-suspension_needs_supervisor = A suspension this long needs a supervisor. Ask one, or name an earlier day.
no-suspended_too_long = All suspensions together would be too long. Name an earlier day.
no-handled_by_you = Whoever handled it cannot close it. Another person asks the resident.
no-no_police_report = The police report's reference is missing. It cannot end without: add it first.
no-must_be_recoded = Its category still stands for none. Give it its own first.
no-reopen_window_over = The time for reopening is over. Open a new ticket linked to this one.
no-merge_target = A ticket cannot be merged into itself or into one that is merged or void. Choose another.
no-not_the_same = They are neither the same person's nor of the same place. Leave them apart.
no-merge_window_over = They were opened too long apart. Leave them apart.
no-unmerge_window_over = The time for taking the merge back is over. Open a new ticket linked to this one.
no-cannot_be_withdrawn = It cannot be withdrawn: it is sealed, urgent to life, or has to be reported.
no-not_yet_archived = It is too early to archive it, or a complaint is open. Wait.

# candidates
cand-title = Candidates
cand-link = Candidates: who may be asked, who may not, and why
cand-line = Of { $considered } registered for this kind of help { $eligible } may be asked now.
cand-search = A volunteer's name or badge: why not Ana?
cand-find = Find out
cand-about = Whom you asked about
cand-nobody = There is no such volunteer.
cand-best = May be asked, in their order
cand-best-hint = The score comes from nearness, acceptance, turn, acquaintance and rating, each out of 1,000.
cand-none = Nobody may be asked now.
cand-others = May not be asked, the nearest first
cand-others-hint = Every rule that speaks against; the rules hold for assigning by hand too.
cand-no-others = No rule keeps anybody out.
cand-not = may not
cand-and = {"; "}
cand-assign = Assign { $who }
cand-against = Kept out by which rule
rank-score = score
texts-more = { $n } more

# what is broken
band-store = The store cannot write: new callers' numbers are noted and become call-backs by themselves. Ask whoever keeps the machine to look at the disk.
band-sms = The link for texts is down: offers and notices wait and leave by themselves. What is urgent goes by telephone.
band-clock = The machine's clock jumped ahead by { $span }. Check the time and confirm it, so that deadlines follow.
band-clock-back = The machine's clock jumped back by { $span }. Check the time and confirm it, so that deadlines follow.
band-confirm = The time is right: confirm
span-hours = { $big } h { $small } min
span-minutes = { $big } min { $small } s

# administration
nav-users = Users
nav-imports = Imports
nav-settings = Rules
users-line = The logins of your stations and those below. Every change goes into the history.
users-hint = Login or name
users-hidden = { $n ->
    [one] { $n } more is not shown: search for it.
   *[other] { $n } more are not shown: search for them.
}
user-add = Add a user
user-add-line = The system makes the password and shows it once.
user-added = The user is added.
user-taken = This login is taken. Choose another.
user-login-hint = small letters, digits and . _ -
user-role = Role
user-roles = Roles and stations
user-roles-changed = The roles are changed, from the next click on.
user-no-roles = No role yet: there is nothing to see after logging in.
user-grant = Add this role
user-revoke = Take away
user-revoke-role = Take away { $role }
user-door = Logging in
user-door-line = Shutting out or a new password ends every session of this login at once.
user-new-password = Make a new password
user-password = The new password holds; every session has ended.
user-password-own = Your new password holds. Write it down: the next click asks for it.
user-once = The new password (shown this once)
user-once-line = Tell it face to face or by telephone, not by text.
user-disable = Shut out
user-enable = Let in again
user-disabled = Shut out.
user-enabled = Let in again.
user-own = You cannot shut yourself out or take your own administration away. Ask another administrator.
user-off = shut out
user-on = may log in
lacks-login = Give a login: small letters, digits and . _ -, at most 40.
lacks-name = Give a name of at most 40 characters.
lacks-role = Choose a role and one of your stations or those below.
import-line = Save the spreadsheet as CSV (UTF-8 or GB18030). All rows are imported, or none.
import-what = What is imported
import-file = File
import-go = Import
import-no-file = Choose a file.
import-done = { $n ->
    [one] { $n } row is imported.
   *[other] { $n } rows are imported.
}
import-bad = { $n ->
    [one] { $n } row is wrong and nothing is imported. Mend it and repeat.
   *[other] { $n } rows are wrong and nothing is imported. Mend them and repeat.
}
import-hidden = { $n ->
    [one] { $n } more wrong row is not shown.
   *[other] { $n } more wrong rows are not shown.
}
import-refused = Nothing is imported:
import-rows = Rows that are wrong
col-line = Line
col-reason = Reason
register-people = Residents
register-volunteers = Volunteers
register-stations = Stations
register-facilities = Facilities
register-columns-people = name, phones, area; also address, born, gender, flags, contact
register-columns-volunteers = badge, name, phone, area, skills; also languages, birth year, credentials
register-columns-stations = id, name, tier, parent, area, help number
register-columns-facilities = number, kind, name, area, address, opened_on; also categories, notice_phone, beds
settings-line = Every version is kept; a call or ticket goes on with the one it began with.
settings-what = What
settings-version = Version
settings-who = By
settings-by-program = the system
settings-ivr = Voice menu
settings-catalogue = Catalogue
settings-calendars = Calendars
settings-templates = Texts
settings-policy = Deadlines and rules
settings-about-ivr = what callers hear and which keys they press
settings-about-catalogue = kinds of help, urgency, who handles them
settings-about-calendars = working hours, holidays, quiet nights
settings-about-templates = every text to residents and volunteers
settings-about-policy = deadlines of each level, sizes of waves, caps
settings-new = Write a new version
settings-text = Text (TOML)
settings-file = Or choose a file, in place of the text above
settings-check = Check
settings-keep = Check and keep as a new version
settings-sound = It can be used. Below is what differs from the newest version; nothing is kept yet.
settings-wrong = Something is wrong; nothing is kept.
settings-stale = Somebody has kept a newer version; nothing is kept. Look at the difference and try again.
settings-problems = What is wrong
settings-would = What it would change
settings-added = Kept as version { $n }.
settings-when = It is in force at once; calls in progress keep their menu, tickets their clocks.
settings-against = What differs from version { $n }
settings-same = Nothing differs.
settings-shown = Version { $n }
settings-versions = All versions
settings-version-n = Version { $n }
settings-newest = newest
settings-none = No version yet.

# why a step of the ladder was taken, in the history
ladder-no_candidates = No volunteer may be asked: an institution or the station's staff takes over
ladder-waves_used = The waves did not fill it: an institution or the station's staff takes over
ladder-volunteers_time_up = The volunteers' time is up: an institution or the station's staff takes over
ladder-station_time_up = The station did not take it in time: the one above is told

col-direction = Direction

# Institutions as handlers.
act-assign-institution = Give to institution
act-assign-institution-hint = The nearest that take such work; the station keeps the duty to answer.
field-facility = Institution
cand-for-staff = This kind of help is given by the station's staff; no volunteers are asked.
cand-for-institutions = This kind of help is given by institutions; no volunteers are asked. The station's staff takes over what no institution can do.
cand-institutions = Institutions that take such work
cand-not-told = may not
cand-give = Give to { $who }
why-sent_to_institution = with an institution, not yet accepted; { $station } answers for it
why-with_institution = an institution has accepted and is on it; { $station } answers for it
why-institution_first = institutions handle this kind; the nearest was told
why-institution_time_up = the institution's time is up; { $station } was told
why-institution_declined = the institution cannot do it; { $station } was told
rung-institution = an institution
ladder-institution_time_up = The institution did not take it in time: the station's staff takes over
ladder-institution_declined = The institution cannot do it: the station's staff takes over
institutions = Institutions
institutions-line = Institutions that take work: what they take, and the mobile they are told on.
institutions-search = An institution's name or a category code
institutions-find = Find
institutions-none = There is no such institution.
institution-closed = closed
col-institution = Institution
col-area = Area
col-takes = Takes
col-notice-phone = Notice mobile
