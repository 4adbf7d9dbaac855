public import ClusterState
public import Document
public import Records
public import Schema
public import Usage

/// Several controllers over one view, as a value: changes go in, batches of requests come out, their answers go back in. The
/// loop that owns it does the waiting and sending.
///
///     observe(events) ─► queues ─► nextBatch ─► (sent by the owner) ─► answered ─► queues
public struct ControllerSet {
    /// What one controller wants sent in one go.
    public struct Batch {
        public let controller: Int
        public let name: String
        public let intents: [Intent]
        fileprivate let works: [(work: Work, first: Int)]
        fileprivate let eventsFrom: Int
    }

    /// Keys of one controller that share a batch.
    static let keysPerBatchMax = 64
    static let intentsPerBatchMax = 1500

    private var controllers: [any Controller]
    private var queues: [WorkQueue]
    private var recorders: [EventRecorder]
    private var notes: [[EventNote]]
    private var interested: [GroupResource: [Int]] = [:]
    private var interestedInAll: [Int] = []
    private var turn = 0
    public let view: ClusterView

    /// Starts with every object of the state as news.
    public init(_ controllers: [any Controller], state: ClusterState, catalog: Catalog?, now: Timestamp) {
        self.controllers = controllers
        queues = controllers.map { _ in WorkQueue() }
        recorders = controllers.map { EventRecorder(component: $0.component) }
        notes = controllers.map { _ in [] }
        view = ClusterView(state, catalog: catalog)
        for (i, controller) in controllers.enumerated() {
            if let stores = controller.watches {
                for store in stores { interested[store, default: []].append(i) }
            } else {
                interestedInAll.append(i)
            }
        }
        for change in view.everything(in: interestedInAll.isEmpty ? Set(interested.keys) : nil) {
            dispatch(change, now: now)
        }
        for i in self.controllers.indices {
            var dirty = DirtyKeys()
            self.controllers[i].started(view: view, dirty: &dirty)
            enqueue(dirty, i, now: now)
        }
    }

    /// Takes committed events, in order, and the state after them.
    public mutating func observe(_ events: [EventRecord], state: ClusterState, now: Timestamp) {
        for change in view.advance(events, to: state) { dispatch(change, now: now) }
    }

    private mutating func dispatch(_ change: ObservedChange, now: Timestamp) {
        for i in interested[change.store] ?? [] { tell(i, change, now: now) }
        for i in interestedInAll { tell(i, change, now: now) }
    }
    private mutating func tell(_ i: Int, _ change: ObservedChange, now: Timestamp) {
        var dirty = DirtyKeys(cause: change.revision)
        controllers[i].observe(change, view: view, dirty: &dirty)
        enqueue(dirty, i, now: now)
    }
    private mutating func enqueue(_ dirty: DirtyKeys, _ i: Int, now: Timestamp) {
        for entry in dirty.entries { queues[i].add(entry.key, cause: entry.cause, after: entry.delay, now: now) }
    }

    /// The requests of the next controller that has some; nil when nothing is due. `measure` says what pods use, nil when nobody
    /// measures; it is asked ahead of a reconciliation that needs to know.
    public mutating func nextBatch(
        now: Timestamp, measure: (UsageQuestion) -> [PodUsage]? = { _ in nil }
    ) -> Batch? {
        for step in controllers.indices {
            let i = (turn + step) % controllers.count
            if let batch = batch(of: i, now: now, measure) {
                turn = i + 1
                return batch
            }
        }
        return nil
    }

    private mutating func batch(
        of i: Int, now: Timestamp, _ measure: (UsageQuestion) -> [PodUsage]?
    ) -> Batch? {
        var works: [(work: Work, first: Int)] = []
        var intents: [Intent] = []
        queues[i].promote(now: now)
        var keys = 0
        while keys < Self.keysPerBatchMax, intents.count < Self.intentsPerBatchMax,
            let (key, cause) = queues[i].take(now: now)
        {
            keys += 1
            let usages = controllers[i].usageQuestion(about: key, view: view).flatMap(measure)
            var work = Work(key: key, cause: cause, now: now, failures: queues[i].failures(of: key), usages: usages)
            controllers[i].reconcile(&work, view: view)
            if let delay = work.requeueAfter { queues[i].add(key, cause: cause, after: delay, now: now) }
            notes[i] += work.events
            if work.requests.isEmpty {
                if work.retry { queues[i].retry(key, cause: cause, now: now) } else { queues[i].forget(key) }
                continue
            }
            works.append((work, intents.count))
            for request in work.requests {
                var intent = request.intent
                if intent.decision.isNull { intent.decision = work.decision }
                intents.append(intent)
            }
        }
        let eventsFrom = intents.count
        for note in notes[i] {
            if let intent = recorders[i].intent(for: note, now: now) { intents.append(intent) }
        }
        notes[i] = []
        if intents.isEmpty { return nil }
        return Batch(controller: i, name: controllers[i].name, intents: intents, works: works, eventsFrom: eventsFrom)
    }

    /// Takes the answers to a batch, in the order of its intents.
    public mutating func answered(_ batch: Batch, _ answers: [Result<JSON, APIError>], now: Timestamp) {
        let i = batch.controller
        for (work, first) in batch.works {
            let mine = Array(answers[first..<first + work.requests.count])
            var failed = work.retry
            for (request, answer) in zip(work.requests, mine) {
                switch answer {
                case .success(let object):
                    if let note = request.onSuccess { notes[i].append(note.naming(object.objectName)) }
                case .failure(let error):
                    if !request.tolerates.contains(error.code) { failed = true }
                    if let note = request.onFailure { notes[i].append(note.naming(error.message)) }
                }
            }
            if failed { queues[i].retry(work.key, cause: work.cause, now: now) } else { queues[i].forget(work.key) }
            var dirty = DirtyKeys(cause: work.cause)
            controllers[i].answered(work, answers: mine, dirty: &dirty)
            enqueue(dirty, i, now: now)
        }
        for place in batch.eventsFrom..<batch.intents.count {
            guard case .failure(let error) = answers[place], error.code == 404,
                case .patch = batch.intents[place].action
            else { continue }
            recorders[i].forget(event: batch.intents[place].name)
        }
    }

    /// What each controller's queue has had and holds.
    public var meters: [QueueMeter] {
        zip(controllers, queues).map { controller, queue in QueueMeter(controller: controller.name, queue) }
    }
    /// When the next delayed key becomes due; nil when none waits.
    public var nextDue: Timestamp? { queues.compactMap(\.nextDue).min() }
    /// Nothing is due and no Event waits to be written.
    public var isIdle: Bool { queues.allSatisfy(\.isEmpty) && notes.allSatisfy(\.isEmpty) }
}
