/// Volumes in the form of upstream's internal types: the part of `InternalForm` that is about where files come from.
enum VolumeForms {
    static let types: [String: String] = [
        "AWSElasticBlockStoreVolumeSource": "VolumeID:s FSType:s Partition:n ReadOnly:b",
        "AzureDiskVolumeSource": "DiskName:s DataDiskURI:s CachingMode:? FSType:? ReadOnly:? Kind:?",
        "AzureFilePersistentVolumeSource": "SecretName:s ShareName:s ReadOnly:b SecretNamespace:?",
        "AzureFileVolumeSource": "SecretName:s ShareName:s ReadOnly:b",
        "CSIPersistentVolumeSource": """
        Driver:s VolumeHandle:s ReadOnly:b FSType:s VolumeAttributes:? ControllerPublishSecretRef:*SecretReference \
        NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference \
        ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference
        """,
        "CSIVolumeSource": """
        Driver:s ReadOnly:? FSType:? VolumeAttributes:? NodePublishSecretRef:*LocalObjectReference
        """,
        "CephFSPersistentVolumeSource": "Monitors:? Path:s User:s SecretFile:s SecretRef:*SecretReference ReadOnly:b",
        "CephFSVolumeSource": "Monitors:? Path:s User:s SecretFile:s SecretRef:*LocalObjectReference ReadOnly:b",
        "CinderPersistentVolumeSource": "VolumeID:s FSType:s ReadOnly:b SecretRef:*SecretReference",
        "CinderVolumeSource": "VolumeID:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference",
        "ClusterTrustBundleProjection": "Name:? SignerName:? LabelSelector:? Optional:? Path:s",
        "ConfigMapProjection": "+LocalObjectReference Items:[KeyToPath] Optional:?",
        "ConfigMapVolumeSource": "+LocalObjectReference Items:[KeyToPath] DefaultMode:? Optional:?",
        "DownwardAPIProjection": "Items:[DownwardAPIVolumeFile]",
        "DownwardAPIVolumeFile": """
        Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:?
        """,
        "DownwardAPIVolumeSource": "Items:[DownwardAPIVolumeFile] DefaultMode:?",
        "EmptyDirVolumeSource": "Medium:s SizeLimit:?",
        "EphemeralVolumeSource": "VolumeClaimTemplate:*PersistentVolumeClaimTemplate",
        "FCVolumeSource": "TargetWWNs:? Lun:? FSType:s ReadOnly:b WWIDs:?",
        "FlexPersistentVolumeSource": "Driver:s FSType:s SecretRef:*SecretReference ReadOnly:b Options:?",
        "FlexVolumeSource": "Driver:s FSType:s SecretRef:*LocalObjectReference ReadOnly:b Options:?",
        "FlockerVolumeSource": "DatasetName:s DatasetUUID:s",
        "GCEPersistentDiskVolumeSource": "PDName:s FSType:s Partition:n ReadOnly:b",
        "GitRepoVolumeSource": "Repository:s Revision:s Directory:s",
        "GlusterfsPersistentVolumeSource": "EndpointsName:s Path:s ReadOnly:b EndpointsNamespace:?",
        "GlusterfsVolumeSource": "EndpointsName:s Path:s ReadOnly:b",
        "HostPathVolumeSource": "Path:s Type:?",
        "ISCSIPersistentVolumeSource": """
        TargetPortal:s IQN:s Lun:n ISCSIInterface:s FSType:s ReadOnly:b Portals:? DiscoveryCHAPAuth:b SessionCHAPAuth:b \
        SecretRef:*SecretReference InitiatorName:?
        """,
        "ISCSIVolumeSource": """
        TargetPortal:s IQN:s Lun:n ISCSIInterface:s FSType:s ReadOnly:b Portals:? DiscoveryCHAPAuth:b SessionCHAPAuth:b \
        SecretRef:*LocalObjectReference InitiatorName:?
        """,
        "ImageVolumeSource": "Reference:s PullPolicy:s",
        "KeyToPath": "Key:s Path:s Mode:?",
        "LocalVolumeSource": "Path:s FSType:?",
        "NFSVolumeSource": "Server:s Path:s ReadOnly:b",
        "PersistentVolumeClaimTemplate": "+ObjectMeta Spec:{PersistentVolumeClaimSpec}",
        "PersistentVolumeClaimVolumeSource": "ClaimName:s ReadOnly:b",
        "PersistentVolumeSource": """
        GCEPersistentDisk:*GCEPersistentDiskVolumeSource AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource \
        HostPath:*HostPathVolumeSource Glusterfs:*GlusterfsPersistentVolumeSource NFS:*NFSVolumeSource \
        RBD:*RBDPersistentVolumeSource Quobyte:*QuobyteVolumeSource ISCSI:*ISCSIPersistentVolumeSource \
        FlexVolume:*FlexPersistentVolumeSource Cinder:*CinderPersistentVolumeSource CephFS:*CephFSPersistentVolumeSource \
        FC:*FCVolumeSource Flocker:*FlockerVolumeSource AzureFile:*AzureFilePersistentVolumeSource \
        VsphereVolume:*VsphereVirtualDiskVolumeSource AzureDisk:*AzureDiskVolumeSource \
        PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource PortworxVolume:*PortworxVolumeSource \
        ScaleIO:*ScaleIOPersistentVolumeSource Local:*LocalVolumeSource StorageOS:*StorageOSPersistentVolumeSource \
        CSI:*CSIPersistentVolumeSource
        """,
        "PhotonPersistentDiskVolumeSource": "PdID:s FSType:s",
        "PodCertificateProjection": """
        SignerName:s KeyType:s MaxExpirationSeconds:? CredentialBundlePath:s KeyPath:s CertificateChainPath:s \
        UserAnnotations:?
        """,
        "PortworxVolumeSource": "VolumeID:s FSType:s ReadOnly:b",
        "ProjectedVolumeSource": "Sources:[VolumeProjection] DefaultMode:?",
        "QuobyteVolumeSource": "Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s",
        "RBDPersistentVolumeSource": """
        CephMonitors:? RBDImage:s FSType:s RBDPool:s RadosUser:s Keyring:s SecretRef:*SecretReference ReadOnly:b
        """,
        "RBDVolumeSource": """
        CephMonitors:? RBDImage:s FSType:s RBDPool:s RadosUser:s Keyring:s SecretRef:*LocalObjectReference ReadOnly:b
        """,
        "ScaleIOPersistentVolumeSource": """
        Gateway:s System:s SecretRef:*SecretReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s \
        VolumeName:s FSType:s ReadOnly:b
        """,
        "ScaleIOVolumeSource": """
        Gateway:s System:s SecretRef:*LocalObjectReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s \
        VolumeName:s FSType:s ReadOnly:b
        """,
        "SecretProjection": "+LocalObjectReference Items:[KeyToPath] Optional:?",
        "SecretReference": "Name:s Namespace:s",
        "SecretVolumeSource": "SecretName:s Items:[KeyToPath] DefaultMode:? Optional:?",
        "ServiceAccountTokenProjection": "Audience:s ExpirationSeconds:n Path:s",
        "StorageOSPersistentVolumeSource": """
        VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*ObjectReference
        """,
        "StorageOSVolumeSource": "VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference",
        "VolumeProjection": """
        Secret:*SecretProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ConfigMapProjection \
        ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection \
        PodCertificate:*PodCertificateProjection
        """,
        "VolumeSource": """
        HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk:*GCEPersistentDiskVolumeSource \
        AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource GitRepo:*GitRepoVolumeSource Secret:*SecretVolumeSource \
        NFS:*NFSVolumeSource ISCSI:*ISCSIVolumeSource Glusterfs:*GlusterfsVolumeSource \
        PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:*RBDVolumeSource Quobyte:*QuobyteVolumeSource \
        FlexVolume:*FlexVolumeSource Cinder:*CinderVolumeSource CephFS:*CephFSVolumeSource Flocker:*FlockerVolumeSource \
        DownwardAPI:*DownwardAPIVolumeSource FC:*FCVolumeSource AzureFile:*AzureFileVolumeSource \
        ConfigMap:*ConfigMapVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource AzureDisk:*AzureDiskVolumeSource \
        PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource Projected:*ProjectedVolumeSource \
        PortworxVolume:*PortworxVolumeSource ScaleIO:*ScaleIOVolumeSource StorageOS:*StorageOSVolumeSource \
        CSI:*CSIVolumeSource Ephemeral:*EphemeralVolumeSource Image:*ImageVolumeSource
        """,
        "VsphereVirtualDiskVolumeSource": "VolumePath:s FSType:s StoragePolicyName:s StoragePolicyID:s",
    ]
}
