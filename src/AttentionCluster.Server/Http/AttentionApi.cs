using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Http.Endpoints;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.OpenApi;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Http.Requests;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static AttentionCluster.Core.ErrorCode;

namespace AttentionCluster.Server.Http;

/// <summary>The HTTP API for attention and jobs, as a part of a gateway's web application.</summary>
internal static class AttentionApi
{
    /// <summary>
    /// Adds the jobs of this gateway and what the endpoints need. To be called after
    /// <see cref="Cluster.Hosting.ClusterHosting.AddAttentionCluster"/>, so that jobs are ended before the node leaves its cluster. JSON
    /// is in snake case from then on, and every error of the application has problem details.
    /// </summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="options">Validated options.</param>
    public static IServiceCollection AddAttentionApi(this IServiceCollection services, JobsOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobBoard>();
        services.AddHostedService(provider => provider.GetRequiredService<JobBoard>());
        services.AddSingleton<JobIntake>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;

            // An error or bound of a report that is no number is the string "NaN" or "Infinity".
            json.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        });
        services.AddApiDescription();
        return services.AddProblemAnswers();
    }

    /// <summary>Maps the endpoints.</summary>
    /// <param name="endpoints">The gateway's.</param>
    public static IEndpointRouteBuilder MapAttentionApi(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder routes = endpoints.MapGroup("").WithHead();
        routes.AddEndpointFilter<RouteGroupBuilder, RequestRules>();
        routes.MapPost(Routes.Attention, AttentionEndpoint.PostAsync)
            .WithName("attend").WithSummary("Computes a small job in one call.")
            .WithMetadata(new TakesTensors(HonoursIdempotencyKey: false))
            .WithMetadata(new GivesTensors("The tensors o and lse.", (
                ReportedResult.ReportHeader, "The job's report as JSON of at most 4096 bytes; its member left_out names the members that "
                    + "would not fit.")))
            .WithMetadata(Refuses.Body(
                AttentionTooLarge, InputNotReadable, InputDamaged, TaskFailed, CoordinatorFailed, JobIdInUse, NodeStopped, NoProgress,
                    PlanningTimeout,
                MessageTooLarge));
        routes.MapPost(Routes.Jobs, JobEndpoints.PostAsync)
            .WithName("submitJob").WithSummary("Accepts a job of any size, to be computed when its turn comes.")
            .Produces<AcceptedDocument>(StatusCodes.Status202Accepted)
            .WithMetadata(new TakesTensors(HonoursIdempotencyKey: true))
            .WithMetadata(Refuses.Body(WrongIdempotencyKey, IdempotencyKeyInUse, IdempotencyKeyReused));
        routes.MapGet(Routes.Jobs, JobEndpoints.List)
            .WithName("listJobs").WithSummary("Lists the jobs, the first accepted first.")
            .Produces<JobListDocument>();
        routes.MapGet(Routes.Job, JobEndpoints.Get)
            .WithName("getJob").WithMetadata(new ChecksConditions()).WithSummary("Tells where a job is.")
            .Produces<JobDocument>()
            .WithMetadata(new Refuses(NoSuchJob, JobElsewhere));
        routes.MapDelete(Routes.Job, JobEndpoints.DeleteAsync)
            .WithName("deleteJob").WithMetadata(new ChecksConditions())
                .WithSummary("Cancels a job that has not ended; removes one that has, with its result.")
            .Produces(StatusCodes.Status204NoContent)
            .WithMetadata(new Refuses(NoSuchJob, JobElsewhere));
        routes.MapGet(Routes.Events, EventsEndpoint.Get)
            .WithName("followJob").WithMetadata(new ChecksConditions()).WithSummary("Tells of a job whenever it changes, until it has "
                + "ended: server-sent events `state` and `progress`, each with the job.")
            .Produces<JobDocument>(contentType: "text/event-stream")
            .WithMetadata(new Refuses(NoSuchJob, JobElsewhere));
        routes.MapGet(Routes.Result, ResultEndpoint.GetAsync)
            .WithName("getResult").WithMetadata(new ChecksConditions()).WithSummary("Gives the result of a job, whole or in ranges.")
            .WithMetadata(new GivesTensors("The tensors o and lse.", ("ETag", "SHA-256 of the file.")))
            .Produces(StatusCodes.Status206PartialContent).Produces(StatusCodes.Status304NotModified)
            .WithMetadata(new Refuses(
                NoSuchJob, JobElsewhere, PreconditionFailed, RangeNotSatisfiable, JobNotFinished, JobFailed, JobCancelled, ResultDamaged));
        routes.MapPost(Routes.Drain, NodeEndpoints.DrainAsync)
            .WithName("drainNode").WithSummary("Tells a worker to leave the cluster: it finishes or gives back its tasks, and its process "
                + "ends.")
            .Produces<DrainedDocument>(StatusCodes.Status202Accepted)
            .WithMetadata(new Refuses(NoSuchNode, NodeNotAWorker, NodeNotTrusted, NodeNotReachable));
        routes.MapOpenApi(Routes.OpenApi);
        return endpoints;
    }
}
