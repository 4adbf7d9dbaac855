public import Controllers
import Records

extension LoopIdentity {
    /// As whom a controller speaks.
    public static func of(_ controller: any Controller) -> LoopIdentity {
        switch controller.speaker {
        case .account: .controller(controller.account, fieldManager: controller.fieldManager)
        case .manager: .controllerManager
        case .server: .server(controller.name)
        }
    }
    /// A part of the API server, which upstream lets speak as the server itself.
    public static func server(_ part: String) -> LoopIdentity {
        LoopIdentity(
            user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
            userAgent: "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/reckon/" + part)
    }
    /// A controller of the controller manager, under its own service account.
    public static func controller(_ name: String, fieldManager: String = "kube-controller-manager") -> LoopIdentity {
        let account = "system:serviceaccount:kube-system:" + name
        return LoopIdentity(
            user: UserInfo(
                name: account,
                groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]),
            userAgent: fieldManager + "/v1.36.2 (linux/amd64) kubernetes/reckon/" + account)
    }
    /// The controller manager itself.
    public static let controllerManager = LoopIdentity(
        user: UserInfo(name: "system:kube-controller-manager", groups: ["system:authenticated"]),
        userAgent: "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/reckon/kube-controller-manager")
    /// The scheduler.
    public static let scheduler = LoopIdentity(
        user: UserInfo(name: "system:kube-scheduler", groups: ["system:authenticated"]),
        userAgent: "kube-scheduler/v1.36.2 (linux/amd64) kubernetes/reckon/scheduler")
}
