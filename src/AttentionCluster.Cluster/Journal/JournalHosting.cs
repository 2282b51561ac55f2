using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Journal;

/// <summary>Adds the journal of a gateway's jobs, for one that has it.</summary>
internal static class JournalHosting
{
    internal static IServiceCollection AddJournal(this IServiceCollection services, JournalOptions? options, string dataDirectory) =>
        options is null
            ? services
            : services.AddSingleton(new JournalDatabase(options, dataDirectory)).AddHostedService<JournalOpening>();

    /// <param name="builder">Where it is added.</param>
    /// <param name="provider">Has the database, or not.</param>
    /// <param name="settings">What the product sets of Akka.Persistence.</param>
    internal static AkkaConfigurationBuilder WithJournal(this AkkaConfigurationBuilder builder, IServiceProvider provider, Config settings)
    {
        if (provider.GetService<JournalDatabase>() is not { } database)
            return builder;
        return builder
            .AddHocon(database.Settings(settings), HoconAddMode.Prepend)
            .WithActors((system, registry) =>
            {
                // Akka would start both with the first job, which would share its first seconds with them.
                PersistenceExtension persistence = Persistence.Instance.Apply(system);
                persistence.JournalFor(null);
                persistence.SnapshotStoreFor(null);
                registry.Register<JournalRemoval>(system.ActorOf(Props.Create(() => new JournalRemoval(database)), "journal-removal"));
            });
    }
}
