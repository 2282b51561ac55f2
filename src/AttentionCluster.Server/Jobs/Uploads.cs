using System.Net;

namespace AttentionCluster.Server.Jobs;

/// <summary>The places whose bodies arrive, and whose they are. Not safe for several threads at once.</summary>
/// <param name="perAddressMax">How many of a kind one address may have.</param>
internal sealed class Uploads(Func<JobKind, int> perAddressMax)
{
    private readonly HashSet<JobPlace> _places = [];

    internal void Add(JobPlace place) => _places.Add(place);

    /// <returns>False when it was not there any more.</returns>
    internal bool Remove(JobPlace place) => _places.Remove(place);

    internal bool IsFull(JobKind kind, IPAddress address) =>
        _places.Count(place => place.Kind == kind && place.Address.Equals(address)) >= perAddressMax(kind);

    /// <summary>The slowest of those that are slow.</summary>
    /// <param name="kind">Of the job.</param>
    /// <param name="address">Whose; null for anybody's.</param>
    /// <param name="now">The time.</param>
    internal JobPlace? Slowest(JobKind kind, IPAddress? address, TimeSpan now) => _places
        .Where(place => place.Kind == kind && (address is null || place.Address.Equals(address)) && place.Pace?.IsSlow(now) == true)
        .MinBy(place => place.Pace!.Rate(now));
}
