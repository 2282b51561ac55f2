namespace AttentionCluster.Cluster;

/// <summary>
/// The files, in PEM, of mutual TLS between nodes: each proves by a certificate of one authority that it belongs, and the name in it
/// must be the host that others reach it by.
/// </summary>
/// <param name="CertificatePath">This node's certificate.</param>
/// <param name="KeyPath">Its private key.</param>
/// <param name="AuthorityPath">The certificate of the authority that has issued those of all nodes, and of nobody else.</param>
public sealed record NodeTls(string CertificatePath, string KeyPath, string AuthorityPath);
