using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AttentionCluster.Server.Http.Errors;

/// <summary>Adds <see cref="ProblemAnswers"/> to an application.</summary>
internal static class ProblemRegistration
{
    /// <summary>Every error has problem details from then on. Can be called twice.</summary>
    internal static IServiceCollection AddProblemAnswers(this IServiceCollection services)
    {
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemAnswers.Complete);
        services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, ProblemAnswers>());
        return services;
    }
}
