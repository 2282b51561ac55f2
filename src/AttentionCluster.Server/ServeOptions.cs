using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Server.Jobs;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server;

/// <summary>All that a node which serves is given: validated, and the same as long as it runs.</summary>
/// <param name="Node">The node as part of its cluster.</param>
/// <param name="DataPlane">How tensor bytes go between nodes.</param>
/// <param name="Http">The public interface.</param>
/// <param name="Jobs">What a gateway takes, runs and keeps.</param>
/// <param name="LogLevel">The least that is logged.</param>
internal sealed record ServeOptions(NodeOptions Node, DataPlaneOptions DataPlane, HttpOptions Http, JobsOptions Jobs, LogLevel LogLevel);
