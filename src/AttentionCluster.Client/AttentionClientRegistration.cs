using AttentionCluster.Client.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace AttentionCluster.Client;

/// <summary>Registers <see cref="AttentionClient"/> with <see cref="IHttpClientFactory"/>.</summary>
public static class AttentionClientRegistration
{
    /// <summary>
    /// Adds an <see cref="AttentionClient"/> to be injected. Handlers of the application can be added to what is returned. Resilience
    /// handlers that the application gives all of its clients are taken off this one: their time limits are made for small calls.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IHttpClientBuilder AddAttentionClient(this IServiceCollection services, AttentionClientOptions options)
    {
        options.ThrowIfInvalid();
        IHttpClientBuilder builder = services
            .AddHttpClient(nameof(AttentionClient), Connection.Configure)
            .UseSocketsHttpHandler((sockets, _) => Connection.Configure(sockets))
            .AddTypedClient(http => new AttentionClient(http, options))
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => RemoveForeignRetries(handlers));
        builder.AddResilienceHandler(nameof(AttentionClient), pipeline => RetryPolicy.AddTo(pipeline, options));
        return builder.AddHttpMessageHandler(() => new ServerChoice(options)).AddHttpMessageHandler(() => new AttemptGuard());
    }

    private static void RemoveForeignRetries(IList<DelegatingHandler> handlers)
    {
        foreach (ResilienceHandler handler in handlers.OfType<ResilienceHandler>().ToArray())
            handlers.Remove(handler);
    }
}
