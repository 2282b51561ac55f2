using AttentionCluster.House.Tests.Sources;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Tidy;

/// <summary>Actors hand long work to somebody who has threads for it; they start none themselves, and wait for nothing.</summary>
public sealed class ActorTests
{
    private static readonly string[] s_forbidden =
    [
        "System.Threading.Tasks.Task.Run", "System.Threading.Tasks.Task.Delay", "System.Threading.Tasks.TaskFactory.StartNew",
        "System.Threading.Tasks.Task.Wait",
    ];

    [Fact]
    public void No_actor_starts_or_awaits_a_task_of_the_thread_pool() => Findings.AreNone(Complaints(SourceProject.Load("Cluster")));

    [Fact]
    public void An_actor_that_starts_one_is_found() => Assert.Equal(
        ["Impatient uses System.Threading.Tasks.Task.Run"],
        Complaints(SourceProject.Of((
            "A/Impatient.cs",
            """
            using System.Threading.Tasks;
            using Akka.Actor;
            namespace A;
            public sealed class Impatient : ReceiveActor
            {
                public Impatient() => Receive<string>(_ => Task.Run(() => { }).PipeTo(Self));
            }
            """))));

    private static IEnumerable<string> Complaints(SourceProject project) =>
        from tree in project.Compilation.SyntaxTrees
        let model = project.Compilation.GetSemanticModel(tree)
        from type in tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()
        where IsActor(model.GetDeclaredSymbol(type))
        from name in type.DescendantNodes().OfType<SimpleNameSyntax>()
        let symbol = model.GetSymbolInfo(name).Symbol
        where symbol is IMethodSymbol or IPropertySymbol
        let member = $"{symbol.ContainingType?.OriginalDefinition.ToDisplayString()}.{symbol.Name}"
        where s_forbidden.Contains(member)
        select $"{type.Identifier.ValueText} uses {member}";

    private static bool IsActor(INamedTypeSymbol? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.ToDisplayString() == "Akka.Actor.ActorBase")
                return true;
        }

        return false;
    }
}
