namespace AttentionCluster.Server.Http.Protocol;

/// <summary>The addresses of the API.</summary>
internal static class Routes
{
    internal const string Attention = "/v1/attention";
    internal const string Jobs = "/v1/jobs";
    internal const string Job = Jobs + "/{id}";
    internal const string Events = Job + "/events";
    internal const string Result = Job + "/result";
    internal const string Drain = "/v1/cluster/nodes/{name}/drain";
    internal const string OpenApi = "/openapi/{documentName}.json";

    internal static string JobOf(string id) => $"{Jobs}/{id}";
}
