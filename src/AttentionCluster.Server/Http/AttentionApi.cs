using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Http.Endpoints;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AttentionCluster.Server.Http;

/// <summary>The HTTP API for attention and jobs, as a part of a gateway's web application.</summary>
public static class AttentionApi
{
    /// <summary>
    /// Adds the jobs of this gateway and what the endpoints need. To be called after
    /// <see cref="Cluster.Membership.ClusterRegistration.AddAttentionCluster"/>, so that jobs are ended before the node leaves its cluster. JSON
    /// is in snake case from then on, and every error of the application has problem details.
    /// </summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="options">Validated options.</param>
    public static IServiceCollection AddAttentionApi(this IServiceCollection services, AttentionApiOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobBoard>();
        services.AddHostedService(provider => provider.GetRequiredService<JobBoard>());
        services.AddSingleton<JobIntake>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;

            // An error or bound of a report that is no number is the string "NaN" or "Infinity".
            json.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        });
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemAnswers.Complete);
        services.AddTransient<IStartupFilter, ProblemAnswers>();
        return services;
    }

    /// <summary>Maps the endpoints.</summary>
    /// <param name="routes">The gateway's.</param>
    public static IEndpointRouteBuilder MapAttentionApi(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.Attention, AttentionEndpoint.PostAsync);
        routes.MapPost(Routes.Jobs, JobEndpoints.PostAsync);
        routes.MapGet(Routes.Jobs, JobEndpoints.List);
        routes.MapGet(Routes.Job, JobEndpoints.Get);
        routes.MapDelete(Routes.Job, JobEndpoints.DeleteAsync);
        routes.MapGet(Routes.Events, EventsEndpoint.Get);
        routes.MapMethods(Routes.Result, [HttpMethods.Get, HttpMethods.Head], ResultEndpoint.Get);
        return routes;
    }
}
