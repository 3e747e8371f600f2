module sparsellm

go 1.26.0
