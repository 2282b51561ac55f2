using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>What a node's data plane can be asked for.</summary>
/// <remarks>
/// <c>GET /v1/payloads/{id}?node=N</c>: the bytes of a claim, which stay published. <c>DELETE</c> of the same: frees them; who gets 204 has
/// taken them. <c>GET /v1/tensors/{id}/rows?batch=&amp;head=&amp;first=&amp;rows=&amp;chunk=</c>: rows as <see cref="RowChunks"/>;
/// with <c>&amp;from=&amp;bytes=</c> a part of each.
/// <c>409</c>: another reads this payload now; <c>503</c>: too many transfers; both pass.
/// </remarks>
internal static class DataPlaneRoutes
{
    /// <summary>One offered payload.</summary>
    public const string Payload = "/v1/payloads/{id}";

    /// <summary>Rows of one head of a stored tensor.</summary>
    public const string Rows = "/v1/tensors/{id}/rows";

    internal static string ToPayload(Claim claim) =>
        FormattableString.Invariant($"/v1/payloads/{claim.Id}?node={Uri.EscapeDataString(claim.Node)}");

    internal static string ToRows(string tensorId, RowRange rows, int rowsAtOnce) => FormattableString.Invariant(
        $"/v1/tensors/{tensorId}/rows?batch={rows.Batch}&head={rows.Head}&first={rows.FirstRow}&rows={rows.Rows}&chunk={rowsAtOnce}")
        + (rows.ByteCount == 0 ? "" : FormattableString.Invariant($"&from={rows.FirstByte}&bytes={rows.ByteCount}"));
}
