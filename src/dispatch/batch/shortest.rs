//! From a nearly right plan to the best one: along shortest paths, with prices that prove it.
//!
//! The plan is a flow from each request through its candidate, or straight, to the sink. Prices are kept such that
//! no way costs less than the prices at its ends differ by, and every way in use exactly that. A seat for which this
//! does not hold is given up, while its candidate's place at the sink stays taken: so there are as many requests
//! without a candidate as places without a request. Each request is then led to such a place by the shortest path,
//! which may go over other requests' seats and over the sink, and the prices follow. None without its place left, the
//! plan is the best one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::auction::Bid;
use super::instance::{Candidate, Instance, More};
use super::seats::{Seats, number};

/// The best plan and its prices; a request's is positive, a candidate's is not.
#[derive(Debug)]
pub(super) struct Exact {
    pub(super) seats: Seats,
    pub(super) request_prices: Vec<i64>,
    pub(super) candidate_prices: Vec<i64>,
}

/// Makes the plan exact among edges of at most `limit`; lengthens the lists that could still hide a better one.
pub(super) fn finish(instance: &mut Instance, more: &mut More<'_>, limit: u32, bid: Bid) -> Exact {
    let mut search = Search::new(bid);
    loop {
        search.price(instance, limit);
        search.give_up_what_is_not_best(instance);
        for request in 0..instance.requests() {
            if search.rows[request].place == Place::Nowhere {
                search.lead(instance, limit, request);
            }
        }
        search.settle();
        let mut complete = true;
        for request in 0..instance.requests() {
            let price = search.rows[request].price;
            let hidden = |cost: u32| cost <= limit && i64::from(cost) < price;
            while instance.left_out_from(request).is_some_and(hidden) {
                instance.widen(request, more);
                complete = false;
            }
        }
        if complete {
            break;
        }
    }
    Exact {
        request_prices: search.rows.iter().map(|row| row.price).collect(),
        candidate_prices: search.columns.iter().map(|column| column.price).collect(),
        seats: search.seats,
    }
}

/// Where a request's flow goes. Who sits with a candidate is known to the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Seat,
    Left,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    price: i64,
    place: Place,
    /// The path in which the request was last looked at, and how far away it lay.
    seen: u32,
    distance: i64,
}

/// Where a path came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Request(u32),
    Candidate(u32),
    Sink,
}

/// A candidate, or the sink. What one edge touches lies together.
#[derive(Debug, Clone, Copy)]
struct Column {
    price: i64,
    distance: i64,
    seen: u32,
    /// Places taken at the sink; those without a request are waiting for one.
    flow: u32,
    from: From,
}

impl Column {
    fn at(price: i64) -> Self {
        Self { price, distance: 0, seen: 0, flow: 0, from: From::Sink }
    }
}

/// The end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Candidate(usize),
    Sink,
}

#[derive(Debug)]
struct Search {
    seats: Seats,
    rows: Vec<Row>,
    columns: Vec<Column>,
    sink: Column,
    /// How many places at the sink wait for a request.
    sink_waits: usize,
    /// Candidates who ever had a place at the sink.
    in_use: Vec<u32>,
    round: u32,
    /// The nearest place that waits, so far: how far, and which.
    end: Option<(i64, End)>,
    /// Candidates to look at, by distance; the sink is the number after the last one.
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    touched: Vec<u32>,
    walked: Vec<u32>,
}

impl Search {
    fn new(bid: Bid) -> Self {
        let nowhere = Row { price: 0, place: Place::Nowhere, seen: 0, distance: 0 };
        let requests = bid.seats.placed().count();
        Self {
            seats: bid.seats,
            rows: vec![nowhere; requests],
            columns: bid.prices.iter().map(|price| Column::at(-price)).collect(),
            sink: Column::at(0),
            sink_waits: 0,
            in_use: Vec::with_capacity(requests),
            round: 0,
            end: None,
            heap: BinaryHeap::with_capacity(requests),
            touched: Vec::with_capacity(requests),
            walked: Vec::with_capacity(requests),
        }
    }

    /// Sets the requests' prices by the candidates', and the candidates' back as near to nothing as those allow.
    ///
    /// The second half undoes what is arbitrary in an auction's steps: most of those who bid from the same place
    /// then cost exactly what the prices say.
    fn price(&mut self, instance: &Instance, limit: u32) {
        for (request, row) in self.rows.iter_mut().enumerate() {
            row.price = i64::from(instance.leave(request));
            for edge in instance.within(request, limit) {
                // No candidate's price is above zero.
                if i64::from(edge.cost) >= row.price {
                    break;
                }
                row.price = row.price.min(i64::from(edge.cost) - self.columns[edge.candidate.index()].price);
            }
        }
        for column in &mut self.columns {
            column.price = 0;
        }
        for (request, row) in self.rows.iter().enumerate() {
            for edge in instance.within(request, limit) {
                let spare = i64::from(edge.cost) - row.price;
                if spare >= 0 {
                    break;
                }
                let column = &mut self.columns[edge.candidate.index()];
                column.price = column.price.min(spare);
            }
        }
    }

    /// Keeps only the seats that cost exactly what the prices say.
    fn give_up_what_is_not_best(&mut self, instance: &Instance) {
        self.in_use.clear();
        for (candidate, column) in self.columns.iter_mut().enumerate() {
            column.flow = self.seats.taken(candidate);
            if column.flow > 0 {
                self.in_use.push(number(candidate));
            }
        }
        for (request, row) in self.rows.iter_mut().enumerate() {
            let Some(candidate) = self.seats.of(request) else {
                let left = row.place == Place::Left && row.price == i64::from(instance.leave(request));
                row.place = if left { Place::Left } else { Place::Nowhere };
                continue;
            };
            let edge = instance.edge(request, Candidate(number(candidate)));
            let edge = edge.expect("a seat is taken along a listed edge");
            let column = &mut self.columns[candidate];
            if i64::from(edge.cost) == row.price + column.price {
                row.place = Place::Seat;
            } else {
                row.place = Place::Nowhere;
                self.seats.leave(request);
                if column.price == 0 {
                    column.flow -= 1;
                }
            }
        }
        let kept = self.in_use.iter().map(|candidate| self.columns[*candidate as usize].flow as usize);
        let left = self.rows.iter().filter(|row| row.place == Place::Left).count();
        self.sink_waits = self.rows.len() - left - kept.sum::<usize>();
    }

    /// Leads one request to the nearest place that waits.
    fn lead(&mut self, instance: &Instance, limit: u32, request: usize) {
        self.round += 1;
        self.heap.clear();
        self.touched.clear();
        self.walked.clear();
        self.end = None;
        self.walk_request(instance, limit, request, 0);
        while let Some(Reverse((distance, node))) = self.heap.pop() {
            if self.end.is_some_and(|(end, _)| distance >= end) {
                break;
            }
            let candidate = node as usize;
            if candidate == self.columns.len() {
                if distance == self.sink.distance {
                    self.walk_sink(instance, limit);
                }
            } else if distance == self.columns[candidate].distance {
                self.walk_candidate(instance, limit, candidate);
            }
        }
        let (distance, end) =
            self.end.expect("a request can always be left, and leaving is a place at the sink");
        self.follow_prices(distance);
        self.exchange(request, end);
    }

    fn walk_request(&mut self, instance: &Instance, limit: u32, request: usize, distance: i64) {
        let row = &mut self.rows[request];
        row.seen = self.round;
        row.distance = distance;
        self.walked.push(number(request));
        let ahead = distance - row.price;
        let from = From::Request(number(request));
        for edge in instance.within(request, limit) {
            let bare = ahead + i64::from(edge.cost);
            // No candidate's price is above zero: from here on all lie beyond the end.
            if self.end.is_some_and(|(end, _)| bare >= end) {
                break;
            }
            let candidate = edge.candidate.index();
            self.reach(candidate, bare - self.columns[candidate].price, from);
        }
        self.reach_sink(ahead + i64::from(instance.leave(request)) - self.sink.price, from);
    }

    fn walk_candidate(&mut self, instance: &Instance, limit: u32, candidate: usize) {
        let Column { price, distance, flow, .. } = self.columns[candidate];
        if flow < instance.capacities()[candidate] {
            self.reach_sink(distance + price - self.sink.price, From::Candidate(number(candidate)));
        }
        let mut place = self.seats.first(candidate);
        while let Some(request) = place {
            if self.rows[request].seen != self.round {
                self.walk_request(instance, limit, request, distance);
            }
            place = self.seats.after(request);
        }
    }

    /// From the sink back to whoever has a place there.
    fn walk_sink(&mut self, instance: &Instance, limit: u32) {
        let Column { price, distance, .. } = self.sink;
        for place in 0..self.in_use.len() {
            let candidate = self.in_use[place] as usize;
            let column = self.columns[candidate];
            if column.flow > 0 {
                self.reach(candidate, distance + price - column.price, From::Sink);
            }
        }
        for request in 0..self.rows.len() {
            let row = self.rows[request];
            if row.place == Place::Left && row.seen != self.round {
                self.walk_request(instance, limit, request, distance);
            }
        }
    }

    fn reach(&mut self, candidate: usize, distance: i64, from: From) {
        if self.end.is_some_and(|(end, _)| distance >= end) {
            return;
        }
        let column = &mut self.columns[candidate];
        if column.seen == self.round && column.distance <= distance {
            return;
        }
        if column.seen != self.round {
            self.touched.push(number(candidate));
        }
        (column.seen, column.distance, column.from) = (self.round, distance, from);
        if self.seats.taken(candidate) < column.flow {
            self.end = Some((distance, End::Candidate(candidate)));
        } else {
            self.heap.push(Reverse((distance, number(candidate))));
        }
    }

    fn reach_sink(&mut self, distance: i64, from: From) {
        let farther = self.sink.seen == self.round && self.sink.distance <= distance;
        if farther || self.end.is_some_and(|(end, _)| distance >= end) {
            return;
        }
        (self.sink.seen, self.sink.distance, self.sink.from) = (self.round, distance, from);
        if self.sink_waits > 0 {
            self.end = Some((distance, End::Sink));
        } else {
            self.heap.push(Reverse((distance, number(self.columns.len()))));
        }
    }

    /// Whatever lies nearer than the end is priced by how much nearer, so that the path costs nothing.
    fn follow_prices(&mut self, end: i64) {
        for request in &self.walked {
            let row = &mut self.rows[*request as usize];
            row.price += (end - row.distance).max(0);
        }
        for candidate in &self.touched {
            let column = &mut self.columns[*candidate as usize];
            column.price -= (end - column.distance).max(0);
        }
        if self.sink.seen == self.round {
            self.sink.price -= (end - self.sink.distance).max(0);
        }
    }

    /// Moves everyone on the path one on, from its end back to the request it began with.
    fn exchange(&mut self, begin: usize, end: End) {
        let mut at = end;
        if at == End::Sink {
            self.sink_waits -= 1;
        }
        loop {
            let from = match at {
                End::Candidate(candidate) => self.columns[candidate].from,
                End::Sink => self.sink.from,
            };
            at = match (from, at) {
                (From::Request(request), to) => {
                    let request = request as usize;
                    let before = self.seats.of(request);
                    self.rows[request].place = match to {
                        End::Candidate(candidate) => {
                            self.seats.take(request, candidate);
                            Place::Seat
                        }
                        End::Sink => {
                            self.seats.leave(request);
                            Place::Left
                        }
                    };
                    if request == begin {
                        return;
                    }
                    before.map_or(End::Sink, End::Candidate)
                }
                (From::Candidate(candidate), _) => {
                    let column = &mut self.columns[candidate as usize];
                    if column.flow == 0 {
                        self.in_use.push(candidate);
                    }
                    column.flow += 1;
                    End::Candidate(candidate as usize)
                }
                (From::Sink, End::Candidate(candidate)) => {
                    self.columns[candidate].flow -= 1;
                    End::Sink
                }
                (From::Sink, End::Sink) => unreachable!("the sink is not reached from itself"),
            };
        }
    }

    /// Counts all prices from the sink's. A place that is free costs nothing.
    fn settle(&mut self) {
        let sink = self.sink.price;
        for row in &mut self.rows {
            row.price += sink;
        }
        for column in &mut self.columns {
            column.price = (column.price - sink).min(0);
        }
        self.sink.price = 0;
    }
}
