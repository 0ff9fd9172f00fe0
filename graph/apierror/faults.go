package apierror

import (
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// What is said of a request that gqlgen or gqlparser refuse. None of it quotes the request.
var (
	errSyntax = fault.New(fault.BadInput,
		locale.Text{Ru: "Документ GraphQL содержит синтаксическую ошибку.", En: "The GraphQL document has a syntax error."},
		locale.Text{Ru: "Место указано в locations.", En: "See locations for the place."})
	errDocument = fault.New(fault.BadInput,
		locale.Text{Ru: "Документ GraphQL не соответствует схеме.", En: "The GraphQL document does not fit the schema."},
		locale.Text{Ru: "Сверьте запрос с опубликованной схемой.", En: "Check it against the published schema."})
	errVariable = fault.New(fault.BadInput,
		locale.Text{Ru: "Значение переменной не соответствует её типу.", En: "The value of a variable does not fit its type."},
		locale.Text{Ru: "Место указано в path.", En: "See path for the place."})
	errArgument = fault.New(fault.BadInput,
		locale.Text{Ru: "Значение аргумента не соответствует его типу.", En: "The value of an argument does not fit its type."},
		locale.Text{Ru: "Место указано в path.", En: "See path for the place."})
	errInput = fault.New(fault.BadInput,
		locale.Text{Ru: "Введённые данные содержат ошибки.", En: "The input has errors."},
		locale.Text{Ru: "Исправьте их и повторите.", En: "Mend them and try again."})
	errTooComplex = fault.New(fault.LimitExceeded,
		locale.Text{Ru: "Запрос слишком сложен.", En: "The request is too complex."},
		locale.Text{Ru: "Запросите меньше полей или страниц меньшего размера.", En: "Ask for fewer fields or smaller pages."})
	errOutOfTime = fault.New(fault.UpstreamUnavailable,
		locale.Text{Ru: "Ответ не получен вовремя.", En: "No answer came in time."},
		locale.Text{Ru: "Повторите позже.", En: "Try again later."})
)
