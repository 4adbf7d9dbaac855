import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import Records
import Requests
import Schema

/// get and list, of the newest state or of a past one: the same code, given the state.
extension APIServer {
    func get(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot, now: Timestamp) throws(APIError) {
        let info = exchange.info
        let format = try format(exchange, type, isList: false, isWatch: false)
        let object = try GetAnswer.object(
            type, namespace: info.namespace, name: info.name, options: GetOptions(info.query), state: snapshot.state)
        show([object], type, exchange) { [self] shown in answer(exchange, type, shown[0], format, snapshot, now) }
    }

    private func answer(
        _ exchange: Exchange, _ type: ResourceType, _ object: StoredObject, _ format: AnswerFormat,
        _ snapshot: Snapshot, _ now: Timestamp
    ) {
        let info = exchange.info
        note(exchange, code: 200)
        if info.subresource == "scale" {
            let scale = Scale.document(of: object.document, type: type).encoded()
            var bytes = AnswerEncoding.written(scale, format)
            if case .table = format.projection {
                bytes = TableRendering.scale(format: format, query: info.query, now: now).single(scale)
            }
            exchange.answer(200, bytes, contentType: format.contentType)
            return
        }
        if format.isPlain, type.storageVersion == type.apiVersion, !type.isCustom {
            exchange.answer(200, object.body)
            return
        }
        let bytes = AnswerEncoding.object(
            object, type, format: format, query: info.query, state: snapshot.state, now: now)
        exchange.answer(200, bytes, contentType: format.contentType)
    }

    /// A get of an earlier revision than the snapshot's (`resourceVersionMatch=Exact`), answered off the event loop; false when the
    /// request is for the snapshot itself.
    func getExact(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot, now: Timestamp) throws(APIError)
        -> Bool
    {
        let wanted = try GetOptions(exchange.info.query).exactRevision(
            current: snapshot.revision, floor: engine.logFloor(of: type.store))
        guard let wanted, wanted != snapshot.revision else { return false }
        exchange.shownRevision = wanted
        inPast { [self] in
            do throws(APIError) {
                try getPast(exchange, type, at: wanted, now: now)
            } catch {
                fail(exchange, error)
            }
        }
        return true
    }

    /// One object as it was at a revision. It alone is looked up in the log, unless the answer needs more of the state.
    func getPast(_ exchange: Exchange, _ type: ResourceType, at revision: UInt64, now: Timestamp) throws(APIError) {
        let info = exchange.info
        let format = try format(exchange, type, isList: false, isWatch: false)
        guard info.subresource != "scale", format.projection == .object, !type.isCustom else {
            let parts = PastParts(type, namespace: info.namespace, name: info.name)
            try get(exchange, type, Snapshot(of: try engine.past(parts, at: revision)), now: now)
            return
        }
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource, namespace: type.isNamespaced ? info.namespace : "",
            name: info.name)
        let found = try engine.reading { log throws(LogError) in try log.object(key, at: revision) }
        guard let object = found else { throw .notFound(type.groupResource, info.name) }
        note(exchange, code: 200)
        if format.isPlain, type.storageVersion == type.apiVersion {
            exchange.answer(200, object.body)
            return
        }
        // Only Tables look at the state.
        let bytes = AnswerEncoding.object(
            object, type, format: format, query: info.query, state: engine.snapshot.state, now: now)
        exchange.answer(200, bytes, contentType: format.contentType)
    }

    func list(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot, now: Timestamp) throws(APIError) {
        let info = exchange.info
        let format = try format(exchange, type, isList: true, isWatch: false)
        let options = try ListOptions(info.query, isWatch: false)
        let selection = try Selection(
            type, namespace: info.namespace, name: info.nameIsInPath ? info.name : "", options: options,
            state: snapshot.state)
        let plan = try ListPlan(
            options, namespace: info.namespace, current: snapshot.revision,
            floor: engine.logFloor(of: type.store))
        let revision = plan.revision ?? snapshot.revision
        if exchange.past != nil {
            try listPast(exchange, selection, plan, at: revision, format, now: now)
            return
        }
        if revision != snapshot.revision {
            // A page that goes on, or an exact version.
            exchange.responder.onOverdue { [self] in timeOut(exchange) }
            inPast { [self] in
                do throws(APIError) {
                    try listPast(exchange, selection, plan, at: revision, format, now: now)
                } catch {
                    fail(exchange, error)
                }
            }
            return
        }
        send(
            exchange,
            ListAnswer(selection, plan: plan, state: snapshot.state, query: info.query, format: format, now: now),
            type, format)
    }

    /// A list of a moment in the past: its objects alone are looked up in the log, those of a long one as the client takes them.
    /// Blocks: not for event loops.
    private func listPast(
        _ exchange: Exchange, _ selection: Selection, _ plan: ListPlan, at revision: UInt64, _ format: AnswerFormat,
        now: Timestamp
    ) throws(APIError) {
        let type = selection.type
        var plan = plan
        func answer(_ found: [StoredObject], _ state: ClusterState) -> ListAnswer {
            ListAnswer(
                selection, plan: plan, found: found, state: state, query: exchange.info.query, format: format, now: now)
        }
        if !selection.name.isEmpty, !selection.namespace.isEmpty || !type.isNamespaced {
            let parts = PastParts(type, namespace: selection.namespace, name: selection.name)
            let state = try engine.past(parts, at: revision)
            send(exchange, answer(selection.objects(in: state, after: plan.after), state), type, format)
            return
        }
        if selection.isEverything, plan.limit != nil, plan.remaining == nil {
            // A page says how many objects follow it.
            if plan.after == nil {
                plan.remaining = try engine.reading { log throws(LogError) in
                    try log.population(of: type.store, namespace: selection.namespace, at: revision)
                }
            }
            if plan.remaining == nil {
                let state = try engine.pastState(at: revision)
                let list = ListAnswer(
                    selection, plan: plan, state: state, query: exchange.info.query, format: format, now: now)
                send(exchange, list, type, format)
                return
            }
        }
        let state = try engine.past(PastParts(definitionOf: type), at: revision)
        var listing = try engine.reading { log throws(LogError) in
            try log.listing(StateListing(selection, plan), at: revision)
        }
        var isStreamed =
            plan.limit == nil && format.media == .json && !format.isPretty && !Conversions.mayBeNeeded(type)
        // The rows of a Table may stand in another order than the objects.
        if case .table = format.projection { isStreamed = false }
        guard isStreamed else {
            send(exchange, answer(try engine.reading { _ throws(LogError) in try listing.rest() }, state), type, format)
            return
        }
        let pieces = PastPieces(engine, listing)
        let first = try pieces.next(Limits.wholeListObjectsMax + 1)
        guard first.count > Limits.wholeListObjectsMax else {
            let rest = try pieces.next(Limits.pastPieceObjects)
            if rest.isEmpty { return send(exchange, answer(first, state), type, format) }
            return send(exchange, answer(first + rest, state), format, followedBy: pieces)
        }
        send(exchange, answer(first, state), format, followedBy: pieces)
    }

    /// Streams a list: made a piece at a time as the client takes it, so that memory does not follow the list's size.
    private func send(_ exchange: Exchange, _ list: ListAnswer, _ type: ResourceType, _ format: AnswerFormat) {
        show(list.objects, type, exchange) { [self] shown in send(exchange, list.showing(shown), format) }
    }

    private func send(_ exchange: Exchange, _ list: ListAnswer, _ format: AnswerFormat) {
        note(exchange, code: 200)
        if list.objects.count <= Limits.wholeListObjectsMax || format.media != .json || format.isPretty {
            exchange.answer(200, AnswerEncoding.written(list.encoded(), format), contentType: format.contentType)
            return
        }
        ListPump(exchange, list.chunks(ofAbout: Limits.listPieceBytes), format.contentType).start()
    }

    /// Streams a list of the past whose objects are read as they are sent.
    private func send(_ exchange: Exchange, _ list: ListAnswer, _ format: AnswerFormat, followedBy pieces: PastPieces) {
        note(exchange, code: 200)
        let chunks = list.chunks(ofAbout: Limits.listPieceBytes, goesOn: true)
        ListPump(exchange, chunks, format.contentType, pieces: pieces) { [self] in inPast($0) }.start()
    }

    func format(_ exchange: Exchange, _ type: ResourceType, isList: Bool, isWatch: Bool) throws(APIError)
        -> AnswerFormat
    {
        let format = try Negotiation.answer(
            accept: exchange.request.headers["accept"] ?? "", userAgent: exchange.userAgent, query: exchange.info.query,
            offer: .init(allowsProtobuf: !type.isCustom, allowsProjections: true), isList: isList, isWatch: isWatch)
        if case .table = format.projection, let included = exchange.info.query["includeObject"],
            !["", "None", "Metadata", "Object"].contains(included)
        {
            throw .badRequest(
                "includeObject: Invalid value: \"\(included)\": must be 'Metadata', 'Object', 'None', or empty")
        }
        return format
    }
}
