import ClusterState
import Document
import Records
public import Schema

/// Binds claims to volumes and keeps both phases: `persistentvolume-binder`.
public struct PersistentVolumeController: Controller {
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    static let selectedNode = "volume.kubernetes.io/selected-node"
    static let provisionerAnnotations = [
        "volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner",
    ]
    /// `--pvclaimbinder-sync-period`, in microseconds.
    static let period: Int64 = 15_000_000

    public let name = "persistent-volume-binder"
    public var component: String { "persistentvolume-controller" }
    public var watches: Set<GroupResource>? { [.volumes, .volumeClaims, .storageClasses, .pods] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .volumes:
            if change.kind != .deleted { dirty.add(change.key) }
            if let claim = change.document["spec"]?["claimRef"], let name = claim["name"]?.string {
                dirty.add(GroupResource.volumeClaims.key(claim["namespace"]?.string ?? "", name))
            } else if change.kind != .deleted {
                pendingClaims(view, &dirty)
            }
        case .volumeClaims:
            if change.kind != .deleted { dirty.add(change.key) }
            if let volume = change.document["spec"]?["volumeName"]?.string, !volume.isEmpty {
                dirty.add(GroupResource.volumes.key("", volume))
            } else if change.kind == .deleted {
                for stored in view.state.objects(.volumes)
                where view.document(stored)["spec"]?["claimRef"]?["uid"]?.string == change.uid { dirty.add(stored.key) }
            }
        case .storageClasses: pendingClaims(view, &dirty)
        default: break
        }
    }
    private func pendingClaims(_ view: ClusterView, _ dirty: inout DirtyKeys) {
        for stored in view.state.objects(.volumeClaims) {
            let claim = view.document(stored)
            if claim.annotation(Self.bindCompleted) == nil { dirty.add(stored.key) }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key) else { return }
        if work.key.resource == "persistentvolumes" { volume(object, view, &work) } else { claim(object, view, &work) }
    }

    // MARK: Volumes

    private func volume(_ volume: JSON, _ view: ClusterView, _ work: inout Work) {
        guard let reference = volume["spec"]?["claimRef"], !reference.isNull else {
            return setPhase(volume, "Available", "", "", &work)
        }
        if (reference["uid"]?.string ?? "").isEmpty { return setPhase(volume, "Available", "", "", &work) }
        let claim = view.document(.volumeClaims, reference["namespace"]?.string ?? "", reference["name"]?.string ?? "")
        if let claim, claim.objectUID == reference["uid"]?.string {
            let chosen = claim["spec"]?["volumeName"]?.string ?? ""
            if chosen == volume.objectName { return setPhase(volume, "Bound", "", "", &work) }
            if !chosen.isEmpty, volume.annotation(Self.boundByController) != nil,
                volume["status"]?["phase"]?.string != "Released"
            {
                // The claim went elsewhere: the volume is free again.
                var freed = volume
                freed["spec", "claimRef"] = nil
                freed["metadata", "annotations", Self.boundByController] = nil
                work.update("persistentvolumes", freed)
            }
            return
        }
        // Bound to a claim that is gone.
        let phase = volume["status"]?["phase"]?.string
        if phase != "Released", phase != "Failed" { return setPhase(volume, "Released", "", "", &work) }
        if volume["spec"]?["persistentVolumeReclaimPolicy"]?.string == "Delete", phase == "Released",
            !volume.isBeingDeleted
        {
            // Whoever provisioned it, or the driver's own controller, deletes it.
            let isExternal =
                volume.annotation("pv.kubernetes.io/provisioned-by") != nil || volume["spec"]?["csi"] != nil
            if isExternal { return }
            var message =
                "error getting deleter volume plugin for volume \"\(volume.objectName)\": no deletable volume plugin matched"
            if let path = volume["spec"]?["hostPath"]?["path"]?.string, !path.hasPrefix("/tmp/") {
                message = "host_path deleter only supports /tmp/.+ but received provided \(path)"
            }
            setPhase(volume, "Failed", "", message, &work)
            work.note(EventNote(volume, "VolumeFailedDelete", message, warning: true))
        }
    }

    private func setPhase(_ volume: JSON, _ phase: String, _ reason: String, _ message: String, _ work: inout Work) {
        if volume["status"]?["phase"]?.string == phase { return }
        var changed = volume
        changed["status", "phase"] = .string(phase)
        changed["status", "lastPhaseTransitionTime"] = .string(work.now.rfc3339)
        changed["status", "message"] = message.isEmpty ? Optional.none : .string(message)
        work.decision = ["controller": "persistentvolume-controller", "phase": .string(phase)]
        work.update("persistentvolumes", changed, subresource: "status", tolerating: [404])
    }

    // MARK: Claims

    private func claim(_ claim: JSON, _ view: ClusterView, _ work: inout Work) {
        let volumeName = claim["spec"]?["volumeName"]?.string ?? ""
        if claim.annotation(Self.bindCompleted) != nil { return bound(claim, volumeName, view, &work) }
        if claim.isBeingDeleted { return }
        if volumeName.isEmpty { return find(claim, view, &work) }
        guard let volume = view.document(.volumes, "", volumeName) else {
            return setClaimPhase(claim, "Pending", nil, &work)
        }
        let reference = volume["spec"]?["claimRef"] ?? .null
        let problem: EventNote
        if reference.isNull {
            guard let mismatch = VolumeMatch.problem(of: volume, for: claim) else { return bind(claim, volume, &work) }
            let message = "Cannot bind to requested volume \"\(volumeName)\": \(mismatch)"
            problem = EventNote(claim, "VolumeMismatch", message, warning: true)
        } else if VolumeMatch.isBound(reference, to: claim) {
            return bind(claim, volume, &work)
        } else {
            let message = "volume \"\(volumeName)\" already bound to a different claim."
            problem = EventNote(claim, "FailedBinding", message, warning: true)
        }
        work.note(problem)
        work.requeue(after: Self.period)
        setClaimPhase(claim, "Pending", nil, &work)
    }

    private func find(_ claim: JSON, _ view: ClusterView, _ work: inout Work) {
        let className = claim["spec"]?["storageClassName"]?.string ?? ""
        let storageClass = className.isEmpty ? nil : view.document(.storageClasses, "", className)
        let waits =
            storageClass?["volumeBindingMode"]?.string == "WaitForFirstConsumer"
            && claim.annotation(Self.selectedNode) == nil
        let candidates = VolumeMatch.candidates(for: claim, volumes: view.documents(.volumes))
        let prebound = candidates.first { $0["spec"]?["claimRef"]?.isNull == false }
        if let volume = waits ? prebound : candidates.first { return bind(claim, volume, &work) }
        // Every few seconds upstream looks, and says, again.
        work.requeue(after: Self.period)
        if waits {
            if let pod = waitingPod(claim, view) {
                work.note(EventNote(claim, "WaitForPodScheduled", "waiting for pod \(pod) to be scheduled"))
            } else {
                work.note(
                    EventNote(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding"))
            }
        } else if className.isEmpty {
            work.note(
                EventNote(
                    claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set"
                ))
        } else {
            provision(claim, className, storageClass, &work)
        }
        setClaimPhase(claim, "Pending", nil, &work)
    }
    private func waitingPod(_ claim: JSON, _ view: ClusterView) -> String? {
        for pod in view.pods.all(in: claim.objectNamespace) where !pod.isFinished && pod.nodeName.isEmpty {
            if let tree = view.document(pod.key), ClaimProtectionController.claims(of: tree).contains(claim.objectName)
            {
                return pod.name
            }
        }
        return nil
    }

    private func provision(_ claim: JSON, _ className: String, _ storageClass: JSON?, _ work: inout Work) {
        guard let storageClass else {
            work.note(
                EventNote(
                    claim, "ProvisioningFailed", "storageclass.storage.k8s.io \"\(className)\" not found", warning: true
                ))
            return
        }
        let provisioner = storageClass["provisioner"]?.string ?? ""
        if provisioner == "kubernetes.io/no-provisioner" {
            work.note(
                EventNote(claim, "ProvisioningFailed", "no volume plugin matched name: \(provisioner)", warning: true))
            return
        }
        if Self.provisionerAnnotations.contains(where: { claim.annotation($0) != provisioner }) {
            var changed = claim
            for annotation in Self.provisionerAnnotations { changed.setAnnotation(annotation, provisioner) }
            work.update("persistentvolumeclaims", changed)
            return
        }
        work.note(
            EventNote(
                claim, "ExternalProvisioning",
                "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually by the system "
                    + "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
            ))
    }

    /// One step towards both ends knowing each other: the volume's reference, its phase, the claim's, its status.
    private func bind(_ claim: JSON, _ volume: JSON, _ work: inout Work) {
        work.decision = [
            "controller": "persistentvolume-controller", "volume": .string(volume.objectName), "why": "best match",
        ]
        let reference = volume["spec"]?["claimRef"]
        if reference?["uid"]?.string != claim.objectUID {
            var bound = volume
            let isPrebound = reference?["name"] != nil
            bound["spec", "claimRef"] = [
                "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": .string(claim.objectNamespace),
                "name": .string(claim.objectName), "uid": .string(claim.objectUID),
                "resourceVersion": .string(claim.objectRevision),
            ]
            if !isPrebound { bound.setAnnotation(Self.boundByController, "yes") }
            work.update("persistentvolumes", bound)
            return
        }
        var changed = claim
        if (claim["spec"]?["volumeName"]?.string ?? "").isEmpty {
            changed["spec", "volumeName"] = .string(volume.objectName)
            changed.setAnnotation(Self.boundByController, "yes")
        }
        changed.setAnnotation(Self.bindCompleted, "yes")
        work.update("persistentvolumeclaims", changed)
    }

    private func bound(_ claim: JSON, _ volumeName: String, _ view: ClusterView, _ work: inout Work) {
        guard !volumeName.isEmpty, let volume = view.document(.volumes, "", volumeName) else {
            if claim["status"]?["phase"]?.string != "Lost" {
                work.note(
                    EventNote(
                        claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
                        warning: true))
            }
            return setClaimPhase(claim, "Lost", nil, &work)
        }
        let reference = volume["spec"]?["claimRef"]
        if reference == nil || reference?.isNull == true {
            return bind(claim, volume, &work)
        }
        if reference?["uid"]?.string == claim.objectUID { return setClaimPhase(claim, "Bound", volume, &work) }
        if claim["status"]?["phase"]?.string != "Lost" {
            work.note(
                EventNote(
                    claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly",
                    warning: true))
        }
        setClaimPhase(claim, "Lost", nil, &work)
    }

    private func setClaimPhase(_ claim: JSON, _ phase: String, _ volume: JSON?, _ work: inout Work) {
        var status = claim["status"] ?? .object(JSONObject())
        status["phase"] = .string(phase)
        if let volume {
            status["accessModes"] = volume["spec"]?["accessModes"]
            if status["capacity"] == nil { status["capacity"] = volume["spec"]?["capacity"] }
        } else {
            status["accessModes"] = nil
            status["capacity"] = nil
        }
        if status == claim["status"] { return }
        var changed = claim
        changed["status"] = status
        work.update("persistentvolumeclaims", changed, subresource: "status", tolerating: [404])
    }
}
