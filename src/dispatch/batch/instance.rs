//! What is to be planned: the requests with whom they could have, as far as that has been asked for.

/// A candidate's place in the caller's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate(pub u32);

impl Candidate {
    pub(in crate::dispatch) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What it costs to send a candidate to the request whose list this stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub candidate: Candidate,
    pub cost: u32,
}

/// Answers with the nearest candidates of a request: `(request, how many, into)`.
///
/// Fills `into`, which is empty, with that many by rising cost, equal costs by candidate; with fewer when there
/// are no more. A longer answer begins with the shorter one.
pub type More<'a> = dyn FnMut(usize, usize, &mut Vec<Edge>) + 'a;

/// How many candidates are asked for at first; the list doubles each time it proves too short.
const FIRST_ASKED: usize = 16;

/// A request and those near it.
#[derive(Debug, Clone)]
struct Row {
    edges: Vec<Edge>,
    /// How many were asked for last.
    asked: usize,
    /// Nobody is left out who would cost no more than leaving the request.
    whole: bool,
    leave: u32,
}

/// The requests, what leaving each of them costs, and how many each candidate can take.
#[derive(Debug, Clone)]
pub struct Instance {
    rows: Vec<Row>,
    capacity: Vec<u32>,
}

impl Instance {
    /// `leave` holds for each request what it costs to leave it to the next tier; whoever costs more than that is
    /// never sent. `capacity` holds for each candidate how many requests it can take.
    pub fn new(leave: &[u32], capacity: Vec<u32>) -> Self {
        let row = |leave: &u32| Row { edges: Vec::new(), asked: 0, whole: false, leave: *leave };
        Self { rows: leave.iter().map(row).collect(), capacity }
    }

    pub fn requests(&self) -> usize {
        self.rows.len()
    }

    pub fn candidates(&self) -> usize {
        self.capacity.len()
    }

    pub fn capacity(&self, candidate: Candidate) -> u32 {
        self.capacity[candidate.index()]
    }

    pub(super) fn capacities(&self) -> &[u32] {
        &self.capacity
    }

    pub fn leave(&self, request: usize) -> u32 {
        self.rows[request].leave
    }

    /// The nearest candidates of a request that have been asked for, by rising cost.
    pub fn edges(&self, request: usize) -> &[Edge] {
        &self.rows[request].edges
    }

    /// Those of them who cost at most `limit`.
    pub(super) fn within(&self, request: usize, limit: u32) -> impl Iterator<Item = Edge> {
        self.edges(request).iter().copied().take_while(move |edge| edge.cost <= limit)
    }

    pub fn edge(&self, request: usize, candidate: Candidate) -> Option<Edge> {
        self.edges(request).iter().find(|edge| edge.candidate == candidate).copied()
    }

    /// Whoever is not listed costs at least this; `None` when nobody is left out.
    pub fn left_out_from(&self, request: usize) -> Option<u32> {
        let row = &self.rows[request];
        (!row.whole).then(|| row.edges.last().map_or(0, |edge| edge.cost))
    }

    /// Makes the list of a request longer, or finds that it is whole.
    ///
    /// # Panics
    /// When `more` breaks its promise: out of order, or a candidate that does not exist.
    pub(super) fn widen(&mut self, request: usize, more: &mut More<'_>) {
        let row = &mut self.rows[request];
        assert!(!row.whole, "a whole list is not asked for again");
        row.asked = (row.asked * 2).max(FIRST_ASKED);
        let known = row.edges.len();
        row.edges.clear();
        more(request, row.asked, &mut row.edges);
        let in_order = row.edges.is_sorted_by_key(|edge| (edge.cost, edge.candidate));
        assert!(in_order, "candidates come by rising cost, equal costs by candidate");
        assert!(row.edges.len() >= known, "a longer answer begins with the shorter one");
        let places = self.capacity.len();
        assert!(
            row.edges.iter().all(|edge| edge.candidate.index() < places),
            "a candidate that is in the list"
        );
        row.whole = row.edges.len() < row.asked;
        let worth = row.edges.partition_point(|edge| edge.cost <= row.leave);
        row.whole |= worth < row.edges.len();
        row.edges.truncate(worth);
        row.edges.retain(|edge| self.capacity[edge.candidate.index()] > 0);
    }

    /// Asks for the first list of a request, unless it is there.
    pub(super) fn widen_once(&mut self, request: usize, more: &mut More<'_>) {
        if self.rows[request].asked == 0 {
            self.widen(request, more);
        }
    }
}
