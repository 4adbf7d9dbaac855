import Document
import Schema

/// Objects as Kubernetes' messages show them: some errors carry a whole value in the form of upstream's internal types, with Go's
/// field names in declaration order and nothing left out.
enum InternalForm {
    /// Go's fields of a type in order, with what stands for a field that is left out:
    /// `s` "", `n` 0, `b` false, `?` null, `{T}` a nested T, `*T` a T or null, `[T]` a list of T or null, `+T` T's fields inlined.
    private static let types: [String: String] = [
        "PodTemplateSpec": "+ObjectMeta Spec:{PodSpec}",
        "PodSpec": """
        Volumes:[Volume] InitContainers:[Container] Containers:[Container] EphemeralContainers:? RestartPolicy:s \
        TerminationGracePeriodSeconds:? ActiveDeadlineSeconds:? DNSPolicy:s NodeSelector:? ServiceAccountName:s \
        AutomountServiceAccountToken:? NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[LocalObjectReference] \
        Hostname:s Subdomain:s SetHostnameAsFQDN:? Affinity:*Affinity SchedulerName:s Tolerations:[Toleration] \
        HostAliases:[HostAlias] PriorityClassName:s Priority:? PreemptionPolicy:? DNSConfig:*PodDNSConfig \
        ReadinessGates:[PodReadinessGate] RuntimeClassName:? Overhead:? EnableServiceLinks:? \
        TopologySpreadConstraints:[TopologySpreadConstraint] OS:*PodOS SchedulingGates:[PodSchedulingGate] \
        ResourceClaims:[PodResourceClaim] Resources:*ResourceRequirements HostnameOverride:? SchedulingGroup:?
        """,
        "Container": """
        Name:s Image:s Command:? Args:? WorkingDir:s Ports:[ContainerPort] EnvFrom:[EnvFromSource] Env:[EnvVar] \
        Resources:{ResourceRequirements} ResizePolicy:[ContainerResizePolicy] RestartPolicy:? RestartPolicyRules:? \
        VolumeMounts:[VolumeMount] VolumeDevices:[VolumeDevice] LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe \
        Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s \
        SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b
        """,
        "PodSecurityContext": """
        HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:? HostUsers:? SELinuxOptions:*SELinuxOptions \
        WindowsOptions:*WindowsOptions RunAsUser:? RunAsGroup:? RunAsNonRoot:? SupplementalGroups:? SupplementalGroupsPolicy:? \
        FSGroup:? FSGroupChangePolicy:? Sysctls:[Sysctl] SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile \
        SELinuxChangePolicy:?
        """,
        "SecurityContext": """
        Capabilities:*Capabilities Privileged:? SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:? \
        RunAsGroup:? RunAsNonRoot:? ReadOnlyRootFilesystem:? AllowPrivilegeEscalation:? ProcMount:? \
        SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile
        """,
        "Capabilities": "Add:? Drop:?",
        "SELinuxOptions": "User:s Role:s Type:s Level:s",
        "WindowsOptions": "GMSACredentialSpecName:? GMSACredentialSpec:? RunAsUserName:? HostProcess:?",
        "SeccompProfile": "Type:s LocalhostProfile:?",
        "AppArmorProfile": "Type:s LocalhostProfile:?",
        "Sysctl": "Name:s Value:s",
        "ContainerPort": "Name:s HostPort:n ContainerPort:n Protocol:s HostIP:s",
        "ContainerResizePolicy": "ResourceName:s RestartPolicy:s",
        "EnvVar": "Name:s Value:s ValueFrom:*EnvVarSource",
        "EnvVarSource": """
        FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector \
        SecretKeyRef:*KeySelector FileKeyRef:?
        """,
        "ObjectFieldSelector": "APIVersion:s FieldPath:s",
        "ResourceFieldSelector": "ContainerName:s Resource:s Divisor:?",
        "KeySelector": "Name:s Key:s Optional:?",
        "EnvFromSource": "Prefix:s ConfigMapRef:*EnvSource SecretRef:*EnvSource",
        "EnvSource": "Name:s Optional:?",
        "LocalObjectReference": "Name:s",
        "ResourceRequirements": "Limits:? Requests:? Claims:[ResourceClaim]",
        "ResourceClaim": "Name:s Request:s",
        "VolumeMount": """
        Name:s ReadOnly:b RecursiveReadOnly:? MountPath:s SubPath:s MountPropagation:? SubPathExpr:s
        """,
        "VolumeDevice": "Name:s DevicePath:s",
        "Probe": """
        +ProbeHandler InitialDelaySeconds:n TimeoutSeconds:n PeriodSeconds:n SuccessThreshold:n FailureThreshold:n \
        TerminationGracePeriodSeconds:?
        """,
        "ProbeHandler": "Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction",
        "LifecycleHandler": "Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction",
        "Lifecycle": "PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:?",
        "ExecAction": "Command:?",
        "HTTPGetAction": "Path:s Port:n Host:s Scheme:s HTTPHeaders:[HTTPHeader]",
        "HTTPHeader": "Name:s Value:s",
        "TCPSocketAction": "Port:n Host:s",
        "GRPCAction": "Port:n Service:?",
        "SleepAction": "Seconds:n",
        "Volume": "Name:s +VolumeSource",
        "Toleration": "Key:s Operator:s Value:s Effect:s TolerationSeconds:?",
        "Taint": "Key:s Value:s Effect:s TimeAdded:?",
        "HostAlias": "IP:s Hostnames:?",
        "PodDNSConfig": "Nameservers:? Searches:? Options:[DNSOption]",
        "DNSOption": "Name:s Value:?",
        "PodReadinessGate": "ConditionType:s",
        "PodSchedulingGate": "Name:s",
        "PodOS": "Name:s",
        "PodResourceClaim": "Name:s ResourceClaimName:? ResourceClaimTemplateName:?",
        "TopologySpreadConstraint": """
        MaxSkew:n TopologyKey:s WhenUnsatisfiable:s LabelSelector:? MinDomains:? NodeAffinityPolicy:? NodeTaintsPolicy:? \
        MatchLabelKeys:?
        """,
        "Affinity": "NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity",
        "NodeAffinity": """
        RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector \
        PreferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
        """,
        "NodeSelector": "NodeSelectorTerms:[NodeSelectorTerm]",
        "NodeSelectorTerm": "MatchExpressions:[NodeSelectorRequirement] MatchFields:[NodeSelectorRequirement]",
        "NodeSelectorRequirement": "Key:s Operator:s Values:?",
        "PreferredSchedulingTerm": "Weight:n Preference:{NodeSelectorTerm}",
        "PodAffinity": """
        RequiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm] \
        PreferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
        """,
        "PodAffinityTerm": """
        LabelSelector:? Namespaces:? TopologyKey:s NamespaceSelector:? MatchLabelKeys:? MismatchLabelKeys:?
        """,
        "WeightedPodAffinityTerm": "Weight:n PodAffinityTerm:{PodAffinityTerm}",
        "VolumeNodeAffinity": "Required:*NodeSelector",
        "ServicePort": "Name:s Protocol:s AppProtocol:? Port:n TargetPort:n NodePort:n",
        "NodeAddress": "Type:s Address:s",
        "PodIP": "IP:s",
        "DeploymentStrategy": "Type:s RollingUpdate:*RollingUpdateDeployment",
        "RollingUpdateDeployment": "MaxUnavailable:n MaxSurge:n",
        "DaemonSetUpdateStrategy": "Type:s RollingUpdate:*RollingUpdateDeployment",
        "StatefulSetUpdateStrategy": "Type:s RollingUpdate:*RollingUpdateStatefulSet",
        "RollingUpdateStatefulSet": "Partition:n MaxUnavailable:?",
        "ScopeSelector": "MatchExpressions:[ScopedResourceSelectorRequirement]",
        "ScopedResourceSelectorRequirement": "ScopeName:s Operator:s Values:?",
        "PodFailurePolicy": "Rules:[PodFailurePolicyRule]",
        "PodFailurePolicyRule": "Action:s OnExitCodes:*OnExitCodes OnPodConditions:[OnPodCondition]",
        "OnExitCodes": "ContainerName:? Operator:s Values:?",
        "OnPodCondition": "Type:s Status:s",
        "PodDisruptionBudgetSpec": "MinAvailable:? Selector:? MaxUnavailable:? UnhealthyPodEvictionPolicy:?",
        "PersistentVolumeClaimSpec": """
        AccessModes:? Selector:? Resources:{VolumeResourceRequirements} VolumeName:s StorageClassName:? VolumeMode:? \
        DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:?
        """,
        "VolumeResourceRequirements": "Limits:? Requests:?",
        "TypedLocalObjectReference": "APIGroup:? Kind:s Name:s",
        "TypedObjectReference": "APIGroup:? Kind:s Name:s Namespace:?",
        "ObjectReference": "Kind:s Namespace:s Name:s UID:s APIVersion:s ResourceVersion:s FieldPath:s",
        "ParentReference": "Group:s Resource:s Namespace:s Name:s",
        "CSINodeDriver": "Name:s NodeID:s TopologyKeys:? Allocatable:?",
        "VolumeAttachmentSpec": "Attacher:s Source:{VolumeAttachmentSource} NodeName:s",
        "VolumeAttachmentSource": "PersistentVolumeName:? InlineVolumeSpec:?",
        "ResourceClaimTemplateSpec": "+ObjectMeta Spec:{ResourceClaimSpec}",
        "ResourceClaimSpec": "Devices:{DeviceClaim}",
        "DeviceClaim": "Requests:[DeviceRequest] Constraints:[DeviceConstraint] Config:[DeviceClaimConfiguration]",
        "DeviceRequest": "Name:s Exactly:*ExactDeviceRequest FirstAvailable:[DeviceSubRequest]",
        "ExactDeviceRequest": """
        DeviceClassName:s Selectors:[DeviceSelector] AllocationMode:s Count:n AdminAccess:? Tolerations:[DeviceToleration] \
        Capacity:*CapacityRequirements
        """,
        "DeviceSubRequest": """
        Name:s DeviceClassName:s Selectors:[DeviceSelector] AllocationMode:s Count:n Tolerations:[DeviceToleration] \
        Capacity:*CapacityRequirements
        """,
        "DeviceSelector": "CEL:*CELDeviceSelector",
        "CELDeviceSelector": "Expression:s",
        "DeviceToleration": "Key:s Operator:s Value:s Effect:s TolerationSeconds:?",
        "CapacityRequirements": "Requests:?",
        "DeviceConstraint": "Requests:? MatchAttribute:? DistinctAttribute:?",
        "DeviceClaimConfiguration": "Requests:? Opaque:*OpaqueDeviceConfiguration",
        "OpaqueDeviceConfiguration": "Driver:s Parameters:?",
        "SharedDeviceID": "Driver:s Pool:s Device:s ShareID:s",
        "SuccessPolicy": "Rules:[SuccessPolicyRule]",
        "SuccessPolicyRule": "SucceededIndexes:? SucceededCount:?",
    ]

    /// The text of a value of that type; `null` when it is left out.
    static func text(_ value: JSON?, _ type: String) -> String {
        guard let value, !value.isNull else { return "null" }
        var out = "{"
        write(value, type, &out)
        return out + "}"
    }

    static func podTemplate(_ template: JSON?) -> String { text(template, "PodTemplateSpec") }
    static func securityContext(_ context: JSON) -> String { text(context, "SecurityContext") }

    private static func write(_ value: JSON, _ type: String, _ out: inout String) {
        if type == "ObjectMeta" { return writeMetadata(value["metadata"] ?? [:], &out) }
        var value = value
        if type == "PodSpec" { adoptHostFields(&value) }
        for field in (types[type] ?? VolumeForms.types[type] ?? "").split(separator: " ") {
            if field.first == "+" {
                write(value, String(field.dropFirst()), &out)
                continue
            }
            guard let colon = field.firstIndex(of: ":") else { continue }
            let name = String(field[..<colon])
            let form = field[field.index(after: colon)...]
            if out.last != "{" { out += "," }
            out += "\"\(name)\":" + text(value.given(key(name)), form: form)
        }
    }

    private static func text(_ value: JSON?, form: Substring) -> String {
        let inner = String(form.dropFirst().prefix { $0 != "]" && $0 != "}" })
        switch form.first {
        case "s": return value?.text ?? "\"\""
        case "n": return value?.text ?? "0"
        case "b": return value?.text ?? "false"
        case "{": return text(value ?? [:], inner)
        case "*": return text(value, inner)
        case "[":
            guard let elements = value?.array else { return "null" }
            return "[" + elements.map { text($0, inner) }.joined(separator: ",") + "]"
        default: return value.map { FieldError.shown($0) } ?? "null"
        }
    }

    /// Metadata keeps its JSON names: it is one type inside and outside.
    private static func writeMetadata(_ metadata: JSON, _ out: inout String) {
        for key in ["name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers"] {
            guard let value = metadata.given(key), !value.isEmptyValue else { continue }
            if out.last != "{" { out += "," }
            out += "\"\(key)\":" + value.text
        }
    }

    /// The host namespaces stand in the internal security context.
    private static func adoptHostFields(_ spec: inout JSON) {
        guard spec.has("securityContext") else { return }
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            if let value = spec[key] { spec["securityContext", key] = value }
        }
    }

    /// JSON names that do not follow from Go's.
    private static let keys = [
        "CephFS": "cephfs", "StorageOS": "storageos", "WWIDs": "wwids", "DataDiskURI": "diskURI",
        "EndpointsName": "endpoints", "CephMonitors": "monitors", "RBDImage": "image", "RBDPool": "pool",
        "RadosUser": "user", "DiscoveryCHAPAuth": "chapAuthDiscovery", "SessionCHAPAuth": "chapAuthSession",
    ]

    /// The JSON name of a Go field: `DNSPolicy` is `dnsPolicy`, `TTY` is `tty`.
    private static func key(_ name: String) -> String {
        if let known = keys[name] { return known }
        let bytes = Array(name.utf8)
        var end = 0
        while end < bytes.count, bytes[end] >= 65, bytes[end] <= 90 { end += 1 }
        if end > 1, end < bytes.count { end -= 1 }
        return String(decoding: bytes[..<end].map { $0 | 0x20 }, as: UTF8.self)
            + String(decoding: bytes[end...], as: UTF8.self)
    }
}

extension FieldError {
    /// `Invalid value: {…}: detail` with the value already in text.
    static func invalidDump(_ path: String, _ value: String, _ detail: String) -> FieldError {
        .init(.invalid, path, "Invalid value: \(value.replacingHTMLEscapes)" + (detail.isEmpty ? "" : ": " + detail))
    }
    static func duplicateDump(_ path: String, _ value: String, _ detail: String = "") -> FieldError {
        .init(
            .duplicate, path, "Duplicate value: \(value.replacingHTMLEscapes)" + (detail.isEmpty ? "" : ": " + detail))
    }
    static func notSupportedDump(_ path: String, _ value: String, _ supported: [String]) -> FieldError {
        .init(
            .notSupported, path,
            "Unsupported value: \(value): supported values: " + supported.map { "\"\($0)\"" }.joined(separator: ", "))
    }
}
